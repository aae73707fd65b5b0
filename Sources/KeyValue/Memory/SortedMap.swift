/// An ordered map in chunks of bounded size, so that an insertion moves a chunk and not the whole map.
///
/// Look-up, insertion and removal cost O(log n) comparisons and move O(√n) elements at worst in practice (a chunk and
/// the list of chunks). A copy shares everything with its original until either changes.
struct SortedMap<Key: Comparable & Sendable, Value: Sendable>: Sendable {
    private static var chunkMax: Int { 512 }
    // No chunk is ever empty.
    private var chunks: [[(key: Key, value: Value)]] = []

    /// A place between elements, from which a walk begins.
    struct Position {
        fileprivate var chunk: Int
        fileprivate var index: Int
    }

    subscript(key: Key) -> Value? {
        get {
            let place = lowerBound(of: key)
            guard let found = element(at: place), found.key == key else { return nil }
            return found.value
        }
        set {
            let place = lowerBound(of: key)
            let isThere = element(at: place).map { $0.key == key } ?? false
            switch (newValue, isThere) {
            case (let value?, true): chunks[place.chunk][place.index].value = value
            case (let value?, false): insert(key, value, at: place)
            case (nil, true): remove(at: place)
            case (nil, false): break
            }
        }
    }

    /// The place before the first element that does not sort before `key`.
    func lowerBound(of key: Key) -> Position { bound { $0 < key } }

    /// The place behind the last element that sorts before or with `key`.
    func upperBound(of key: Key) -> Position { bound { !(key < $0) } }

    /// The place before the first element for which `isBefore` is false; it is true for none behind that one.
    func bound(_ isBefore: (Key) -> Bool) -> Position {
        let chunk = partitioningIndex(0..<chunks.count) { isBefore(chunks[$0][chunks[$0].count - 1].key) }
        guard chunk < chunks.count else { return Position(chunk: chunk, index: 0) }
        let index = partitioningIndex(0..<chunks[chunk].count) { isBefore(chunks[chunk][$0].key) }
        return Position(chunk: chunk, index: index)
    }

    /// The element behind `position`, which moves past it; nil at the end.
    func next(_ position: inout Position) -> (key: Key, value: Value)? {
        guard let element = element(at: position) else { return nil }
        position.index += 1
        if position.index == chunks[position.chunk].count { position = Position(chunk: position.chunk + 1, index: 0) }
        return element
    }

    /// The element before `position`, which moves before it; nil at the beginning.
    func previous(_ position: inout Position) -> (key: Key, value: Value)? {
        if position.index == 0 {
            guard position.chunk > 0 else { return nil }
            position.chunk -= 1
            position.index = chunks[position.chunk].count
        }
        position.index -= 1
        return element(at: position)
    }

    private func element(at position: Position) -> (key: Key, value: Value)? {
        guard position.chunk < chunks.count, position.index < chunks[position.chunk].count else { return nil }
        return chunks[position.chunk][position.index]
    }

    private mutating func insert(_ key: Key, _ value: Value, at position: Position) {
        guard position.chunk < chunks.count else {
            // Behind everything: the last chunk grows, so that ascending insertions fill chunks.
            if let last = chunks.indices.last, chunks[last].count < SortedMap.chunkMax {
                chunks[last].append((key, value))
            } else {
                chunks.append([(key, value)])
            }
            return
        }
        chunks[position.chunk].insert((key, value), at: position.index)
        let count = chunks[position.chunk].count
        if count > SortedMap.chunkMax {
            let upper = Array(chunks[position.chunk][(count / 2)...])
            chunks[position.chunk].removeSubrange((count / 2)...)
            chunks.insert(upper, at: position.chunk + 1)
        }
    }

    private mutating func remove(at position: Position) {
        chunks[position.chunk].remove(at: position.index)
        if chunks[position.chunk].isEmpty { chunks.remove(at: position.chunk) }
    }

    private func partitioningIndex(_ range: Range<Int>, _ isBefore: (Int) -> Bool) -> Int {
        var (lower, upper) = (range.lowerBound, range.upperBound)
        while lower < upper {
            let middle = lower + (upper - lower) / 2
            if isBefore(middle) { lower = middle + 1 } else { upper = middle }
        }
        return lower
    }
}
