/// Reads bytes from front to back, and never beyond their end.
struct ByteReader {
    private let bytes: UnsafeBufferPointer<UInt8>
    /// Where the next byte is.
    private(set) var offset: Int

    init(_ bytes: UnsafeBufferPointer<UInt8>, at offset: Int = 0) {
        self.bytes = bytes
        self.offset = offset
    }

    var remaining: Int { bytes.count - offset }
    var isAtEnd: Bool { offset >= bytes.count }
    var next: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    mutating func byte() throws(IPLDError) -> UInt8 {
        guard offset < bytes.count else { throw truncated() }
        defer { offset += 1 }
        return bytes[offset]
    }

    /// Leaves out the next byte, if there is one.
    mutating func skip() { offset = min(offset + 1, bytes.count) }

    /// The next bytes as long as they meet a condition, which are the caller's only as long as the input is.
    mutating func takeRun(while isTaken: (UInt8) -> Bool) -> UnsafeBufferPointer<UInt8> {
        let start = offset
        while offset < bytes.count, isTaken(bytes[offset]) { offset += 1 }
        return UnsafeBufferPointer(rebasing: bytes[start..<offset])
    }

    /// The next `count` bytes, which are the caller's only as long as the input is.
    mutating func take(_ count: Int) throws(IPLDError) -> UnsafeBufferPointer<UInt8> {
        guard count >= 0, count <= remaining else { throw truncated() }
        defer { offset += count }
        return UnsafeBufferPointer(rebasing: bytes[offset..<offset + count])
    }

    /// A big-endian number of `count` bytes, at most eight.
    mutating func bigEndian(_ count: Int) throws(IPLDError) -> UInt64 {
        try take(count).reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// A little-endian number of `count` bytes, at most eight.
    mutating func littleEndian(_ count: Int) throws(IPLDError) -> UInt64 {
        try take(count).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// The next varint; nil when the input ends within it.
    mutating func varintIfWhole() throws(IPLDError) -> UInt64? {
        let isWhole = (offset..<min(offset + 9, bytes.count)).contains { bytes[$0] < 0x80 }
        guard isWhole || remaining >= 9 else { return nil }
        return try varint()
    }

    mutating func varint() throws(IPLDError) -> UInt64 {
        let start = offset
        var number: UInt64 = 0
        for index in 0..<9 {
            let byte = try byte()
            number |= UInt64(byte & 0x7F) << UInt64(index * 7)
            guard byte < 0x80 else { continue }
            guard byte != 0 || index == 0 else {
                throw IPLDError(.malformed, "A varint is longer than its number needs.", offset: start)
            }
            return number
        }
        throw IPLDError(.malformed, "A varint is longer than nine bytes.", offset: start)
    }

    /// A varint that counts bytes which have to follow.
    mutating func length() throws(IPLDError) -> Int {
        let number = try varint()
        guard let count = Int(exactly: number) else {
            throw IPLDError(.limitExceeded, "A length is beyond what this machine can address.", offset: offset)
        }
        return count
    }

    /// Throws when there are bytes behind what has been read.
    func requireEnd(behind what: String) throws(IPLDError) {
        guard isAtEnd else { throw IPLDError(.malformed, "There are bytes behind the \(what).", offset: offset) }
    }

    func truncated() -> IPLDError {
        IPLDError(.truncated, "The input ends in the middle of something.", offset: bytes.count)
    }
}

extension Varint {
    /// The number at the beginning of `bytes`, and how many bytes it takes.
    public static func decode(_ bytes: some Collection<UInt8>) throws(IPLDError) -> (number: UInt64, byteCount: Int) {
        let head = Array(bytes.prefix(9))
        return try head.withReader { (reader) throws(IPLDError) in (try reader.varint(), reader.offset) }
    }
}

extension [UInt8] {
    /// So many bytes, which `append` puts there.
    init(count: Int, _ append: (inout [UInt8]) -> Void) {
        self.init()
        reserveCapacity(count)
        append(&self)
    }

    /// Reads from the array's bytes without copying them.
    func withReader<Result>(
        at start: Int = 0,
        to end: Int? = nil,
        _ body: (inout ByteReader) throws(IPLDError) -> Result
    ) throws(IPLDError) -> Result {
        // Rethrown by hand: withUnsafeBufferPointer has no typed throws for a body like this.
        let outcome = withUnsafeBufferPointer { bytes -> Swift.Result<Result, IPLDError> in
            var reader = ByteReader(UnsafeBufferPointer(rebasing: bytes[..<(end ?? bytes.count)]), at: start)
            do throws(IPLDError) { return .success(try body(&reader)) } catch { return .failure(error) }
        }
        return try outcome.get()
    }
}
