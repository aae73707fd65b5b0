/// What a reader of a block takes before it gives up with ``IPLDError/Code/limitExceeded``.
///
/// The defaults let a hostile input of any size cost less than 50 MB beside the input itself.
public struct DecodingLimits: Hashable, Sendable {
    /// The most bytes of input; 32 MiB unless said otherwise.
    public var bytesMax: Int
    /// How deep lists and maps may lie in each other; 256 unless said otherwise, and never above ``depthCeiling``.
    public var depthMax: Int
    /// The most values in all, those within others included; 262,144 unless said otherwise.
    public var itemsMax: Int
    /// The most links in all; 65,536 unless said otherwise.
    public var linksMax: Int

    /// Limits from their parts.
    public init(
        bytesMax: Int = 32 << 20,
        depthMax: Int = 256,
        itemsMax: Int = 1 << 18,
        linksMax: Int = 1 << 16
    ) {
        self.bytesMax = bytesMax
        self.depthMax = depthMax
        self.itemsMax = itemsMax
        self.linksMax = linksMax
    }

    /// The deepest that anything is read or written, since reading and writing take stack for each level.
    public static let depthCeiling = 1_024

    /// Throws when something is to be written at a depth at which nothing could read it.
    static func checkWriting(depth: Int) throws(IPLDError) {
        guard depth < depthCeiling else {
            throw IPLDError(.limitExceeded, "Values lie deeper in each other than is written.")
        }
    }
}

/// What is left of limits while something is read.
struct DecodingBudget {
    private let depthMax: Int
    private(set) var depth = 0
    private var items: Int
    private var links: Int

    init(_ limits: DecodingLimits, byteCount: Int) throws(IPLDError) {
        guard byteCount <= limits.bytesMax else {
            throw IPLDError(.limitExceeded, "The input has more bytes than its limit; read it in parts or raise it.")
        }
        depthMax = min(limits.depthMax, DecodingLimits.depthCeiling)
        items = limits.itemsMax
        links = limits.linksMax
    }

    mutating func descend(at offset: Int) throws(IPLDError) {
        guard depth < depthMax else {
            throw IPLDError(.limitExceeded, "Values lie deeper in each other than the limit allows.", offset: offset)
        }
        depth += 1
    }

    mutating func ascend() { depth -= 1 }

    /// To be called before room is made for the values.
    mutating func spend(items count: Int, at offset: Int) throws(IPLDError) {
        guard count <= items else {
            throw IPLDError(.limitExceeded, "The input has more values than the limit allows.", offset: offset)
        }
        items -= count
    }

    mutating func spendLink(at offset: Int) throws(IPLDError) {
        guard links > 0 else {
            throw IPLDError(.limitExceeded, "The input has more links than the limit allows.", offset: offset)
        }
        links -= 1
    }
}
