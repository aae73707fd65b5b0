#if Redis
import KeyValue

/// The way of one page through the buckets: what is asked next, and what was read so far.
struct PageWalk {
    /// What one call of the script reads at most, but for one row more that is larger than what is left: it takes the
    /// server a fraction of a millisecond, and nothing comes between.
    static let rowsAStep = 256
    static let bytesAStep = 128 << 10

    /// What is to be read next.
    enum Next { case nothing, sameBucket, otherBucket }

    /// The bucket that is read next; nil behind the last.
    var bucket: Bucket?
    private let range: KeyRange
    private let options: ScanOptions
    private var builder: ScanPageBuilder
    private var partition: [UInt8]
    private var bounds: LexicalRange
    private let goesOn: Bool
    private var keysLeft: Int
    private var bytesLeft: Int
    private var last: Key?
    private var isFull = false

    init(_ range: KeyRange, _ options: ScanOptions, after position: Key?, store: StoreIdentity) {
        self.range = range
        self.options = options
        builder = ScanPageBuilder(store: store, space: range.space, options: options)
        keysLeft = options.limit
        bytesLeft = options.bytesMax
        last = position
        if case .keys(let partition, let lower, let upper) = range.extent {
            self.partition = partition
            bounds = LexicalRange(from: lower, to: upper)
            goesOn = false
            bucket = Bucket(of: partition)
        } else {
            partition = position?.partition ?? []
            bounds = LexicalRange()
            goesOn = true
            bucket = position.map { Bucket(of: $0.partition) } ?? (options.reverse ? Bucket.all.last : Bucket.all.first)
        }
        if let position { bounds = bounds.after(position.bytes, reverse: options.reverse) }
    }

    /// What the script is asked in ``bucket``.
    var arguments: [[UInt8]] {
        [
            [RedisLayout.digit(range.space)], partition,
            options.reverse ? bounds.upper : bounds.lower, options.reverse ? bounds.lower : bounds.upper,
            Array("\(min(keysLeft, PageWalk.rowsAStep))".utf8), Array("\(min(bytesLeft, PageWalk.bytesAStep))".utf8),
            PageWalk.flag(options.keysOnly), PageWalk.flag(options.reverse), PageWalk.flag(goesOn),
        ]
    }

    private static func flag(_ flag: Bool) -> [UInt8] { [flag ? 0x31 : 0x30] }

    /// The buckets behind this one.
    var bucketsLeft: [Bucket] {
        guard goesOn, let bucket else { return [] }
        return options.reverse ? Bucket.all[..<bucket.number].reversed() : Array(Bucket.all[(bucket.number + 1)...])
    }

    /// Takes in the script's reply.
    mutating func take(_ reply: RESPValue) throws(StoreError) -> Next {
        guard let elements = reply.elements, let end = elements.first?.integer else { throw RedisStore.strangeReply }
        let keysBefore = keysLeft
        var rest = elements.dropFirst()
        while let partition = rest.popFirst()?.bytes, let rows = rest.popFirst()?.elements {
            try take(rows[...], of: partition)
        }
        isFull = keysLeft <= 0 || bytesLeft <= 0
        guard !isFull else { return .nothing }
        if end == 0 {
            // The step was full and the page is not. A step without a row would be taken again and again.
            guard keysLeft < keysBefore, let last else { throw RedisStore.strangeReply }
            if last.partition != partition { bounds = LexicalRange() }
            partition = last.partition
            bounds = bounds.after(last.bytes, reverse: options.reverse)
            return .sameBucket
        }
        partition = []
        bounds = LexicalRange()
        return .otherBucket
    }

    private mutating func take(_ rows: ArraySlice<RESPValue>, of partition: [UInt8]) throws(StoreError) {
        var rows = rows
        while let bytes = rows.popFirst()?.bytes, let value = rows.popFirst() {
            let key = Key(partition: partition, bytes: bytes, space: range.space)
            last = key
            keysLeft -= 1
            bytesLeft -= bytes.count
            guard let stored = value.bytes else { continue }
            bytesLeft -= stored.count
            let row = try StoredRow(stored, at: key)
            partition.withUnsafeBytes { partition in
                bytes.withUnsafeBytes { key in
                    row.value.withUnsafeBytes { value in
                        builder.append(
                            partition: partition,
                            key: key,
                            value: value,
                            nonce: row.nonce,
                            isTombstone: row.isTombstone
                        )
                    }
                }
            }
        }
    }

    /// The page that was read.
    func page() -> ScanPage { builder.page(cursor: isFull ? last.map { Cursor(after: $0) } : nil) }
}
#endif
