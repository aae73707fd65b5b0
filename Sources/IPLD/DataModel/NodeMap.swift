/// Values by key, in the order that DAG-CBOR gives keys: the shorter first, and among equally long ones by bytes.
public struct NodeMap: Hashable, Sendable {
    /// One key and its value.
    public struct Entry: Hashable, Sendable {
        /// The key, which no other entry of the map has.
        public let key: Text
        /// The value.
        public var value: Node

        init(_ key: Text, _ value: Node) {
            self.key = key
            self.value = value
        }
    }

    private var entries: [Entry] = []

    /// A map without entries.
    public init() {}

    /// A map of these; nil when two have the same key. O(n log n), O(n) where they are in order.
    public init?(_ pairs: some Sequence<(Text, Node)>) {
        self.init(unordered: pairs.map { Entry($0.0, $0.1) })
    }

    init?(unordered: [Entry]) {
        entries = unordered
        guard !NodeMap.isAscending(entries) else { return }
        entries.sort { $0.key < $1.key }
        guard NodeMap.isAscending(entries) else { return nil }
    }

    /// A map of entries that are known to ascend.
    init(ascending entries: [Entry]) { self.entries = entries }

    private static func isAscending(_ entries: [Entry]) -> Bool {
        zip(entries, entries.dropFirst()).allSatisfy { $0.key < $1.key }
    }

    /// The value under a key; nil where there is none. To read is O(log n); setting nil removes.
    public subscript(key: Text) -> Node? {
        get {
            index(of: key).map { entries[$0].value }
        }
        set {
            let index = firstIndex(notBelow: key)
            let isThere = index < entries.count && entries[index].key == key
            switch (newValue, isThere) {
            case (let value?, true): entries[index].value = value
            case (let value?, false): entries.insert(Entry(key, value), at: index)
            case (nil, true): entries.remove(at: index)
            case (nil, false): break
            }
        }
    }

    /// Where a key is; nil where it is not. O(log n).
    func index(of key: Text) -> Int? {
        let index = firstIndex(notBelow: key)
        return index < entries.count && entries[index].key == key ? index : nil
    }

    private func firstIndex(notBelow key: Text) -> Int {
        var lower = 0
        var upper = entries.count
        while lower < upper {
            let middle = lower + (upper - lower) / 2
            if entries[middle].key < key { lower = middle + 1 } else { upper = middle }
        }
        return lower
    }
}

extension NodeMap: RandomAccessCollection {
    public var startIndex: Int { 0 }
    public var endIndex: Int { entries.count }
    public subscript(position: Int) -> Entry { entries[position] }
}

extension NodeMap: ExpressibleByDictionaryLiteral {
    /// Of two values for one key the later counts.
    public init(dictionaryLiteral elements: (Text, Node)...) {
        for (key, value) in elements { self[key] = value }
    }
}

extension Node: ExpressibleByDictionaryLiteral {
    /// A map; of two values for one key the later counts.
    public init(dictionaryLiteral elements: (Text, Node)...) {
        var map = NodeMap()
        for (key, value) in elements { map[key] = value }
        self = .map(map)
    }
}
