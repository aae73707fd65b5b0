extension DAGCBOR {
    struct Decoder {
        var reader: ByteReader
        let isStrict: Bool
        var budget: DecodingBudget

        /// Reads a value. The stack that this takes is bounded by the depth that the budget allows.
        mutating func node() throws(IPLDError) -> Node {
            let start = reader.offset
            let head = try reader.byte()
            switch head & 0xE0 {
            case Major.unsigned: return .integer(NodeInteger(isNegative: false, argument: try argument(head)))
            case Major.negative: return .integer(NodeInteger(isNegative: true, argument: try argument(head)))
            case Major.bytes: return .bytes(Array(try take(head)))
            case Major.string: return .string(try text(head))
            case Major.list: return .list(try list(head, at: start))
            case Major.map: return .map(try map(head, at: start))
            case Major.tag: return .link(try link(head, at: start))
            default: return try other(head, at: start)
            }
        }

        /// The number that a value begins with.
        private mutating func argument(_ head: UInt8) throws(IPLDError) -> UInt64 {
            let start = reader.offset - 1
            let size = head & 0x1F
            guard size >= 24 else { return UInt64(size) }
            guard size <= 27 else {
                throw IPLDError(.malformed, "A length is left open, which DAG-CBOR does not allow.", offset: start)
            }
            let byteCount = 1 << Int(size - 24)
            let number = try reader.bigEndian(byteCount)
            // The least number that needs so many bytes.
            let least: UInt64 = byteCount == 1 ? 24 : 1 << UInt64(byteCount * 4)
            guard number >= least else {
                throw IPLDError(.malformed, "A number takes more bytes than it needs.", offset: start)
            }
            return number
        }

        private mutating func count(_ head: UInt8) throws(IPLDError) -> Int {
            let number = try argument(head)
            // Each byte and each value takes at least one byte of input.
            guard number <= UInt64(reader.remaining) else { throw reader.truncated() }
            return Int(number)
        }

        private mutating func take(_ head: UInt8) throws(IPLDError) -> UnsafeBufferPointer<UInt8> {
            try reader.take(try count(head))
        }

        private mutating func text(_ head: UInt8) throws(IPLDError) -> Text {
            let start = reader.offset - 1
            return try text(try take(head), at: start)
        }

        private func text(_ bytes: UnsafeBufferPointer<UInt8>, at start: Int) throws(IPLDError) -> Text {
            let text = Text(bytes: bytes)
            guard text.isValid || !isStrict else {
                throw IPLDError(.malformed, "A string is not UTF-8.", offset: start)
            }
            return text
        }

        private mutating func list(_ head: UInt8, at start: Int) throws(IPLDError) -> [Node] {
            let count = try count(head)
            try budget.spend(items: count, at: start)
            try budget.descend(at: start)
            var list: [Node] = []
            list.reserveCapacity(count)
            for _ in 0..<count { list.append(try node()) }
            budget.ascend()
            return list
        }

        private mutating func map(_ head: UInt8, at start: Int) throws(IPLDError) -> NodeMap {
            let count = try count(head)
            try budget.spend(items: count, at: start)
            try budget.descend(at: start)
            var entries: [NodeMap.Entry] = []
            entries.reserveCapacity(count)
            var isAscending = true
            // The keys are compared where they lie in the input.
            var last: UnsafeBufferPointer<UInt8>?
            for _ in 0..<count {
                let keyStart = reader.offset
                let keyHead = try reader.byte()
                guard keyHead & 0xE0 == Major.string else {
                    throw IPLDError(.malformed, "A map's key is not a string.", offset: keyStart)
                }
                let key = try take(keyHead)
                if let last, !DAGCBOR.keyPrecedes(last, key) {
                    guard !isStrict else {
                        throw IPLDError(.malformed, "A map's keys are out of order or double.", offset: keyStart)
                    }
                    isAscending = false
                }
                last = key
                let text = try text(key, at: keyStart)
                entries.append(NodeMap.Entry(text, try node()))
            }
            budget.ascend()
            if isAscending { return NodeMap(ascending: entries) }
            guard let map = NodeMap(unordered: entries) else {
                throw IPLDError(.malformed, "A map has a key twice.", offset: start)
            }
            return map
        }

        private mutating func link(_ head: UInt8, at start: Int) throws(IPLDError) -> CID {
            guard try argument(head) == linkTag else {
                throw IPLDError(.malformed, "A tag is not 42, the only one of DAG-CBOR.", offset: start)
            }
            try budget.spendLink(at: start)
            let bytesHead = try reader.byte()
            guard bytesHead & 0xE0 == Major.bytes else {
                throw IPLDError(.malformed, "A link is not made of bytes.", offset: start)
            }
            let bytes = try take(bytesHead)
            guard bytes.first == 0 else {
                throw IPLDError(.malformed, "A link does not begin with a zero byte.", offset: start)
            }
            var inner = ByteReader(bytes, at: 1)
            do throws(IPLDError) {
                return try CID(whole: &inner)
            } catch {
                throw IPLDError(error.code == .truncated ? .malformed : error.code, error.message, offset: start)
            }
        }

        private mutating func other(_ head: UInt8, at start: Int) throws(IPLDError) -> Node {
            switch head {
            case 0xF4: return .boolean(false)
            case 0xF5: return .boolean(true)
            case 0xF6: return .null
            case 0xF7 where !isStrict: return .null
            case 0xF9 where !isStrict:
                let bits = UInt16(truncatingIfNeeded: try reader.bigEndian(2))
                return try float(DAGCBOR.double(halfBits: bits), at: start)
            case 0xFA where !isStrict:
                let bits = UInt32(truncatingIfNeeded: try reader.bigEndian(4))
                return try float(Double(Float(bitPattern: bits)), at: start)
            case 0xFB: return try float(Double(bitPattern: try reader.bigEndian(8)), at: start)
            default:
                throw IPLDError(.malformed, "A value is of a kind that DAG-CBOR does not have.", offset: start)
            }
        }

        private func float(_ value: Double, at start: Int) throws(IPLDError) -> Node {
            guard value.isFinite else {
                throw IPLDError(.malformed, "A number is not finite.", offset: start)
            }
            return .float(value)
        }
    }

    /// The order of keys: the shorter first, then by bytes.
    private static func keyPrecedes(
        _ left: UnsafeBufferPointer<UInt8>,
        _ right: UnsafeBufferPointer<UInt8>
    ) -> Bool {
        left.count == right.count ? ByteOrder.precedes(left, right) : left.count < right.count
    }

    /// A float of 16 bits, by its parts: Swift's own type for it is not on every platform.
    static func double(halfBits: UInt16) -> Double {
        let exponent = Int(halfBits >> 10 & 0x1F)
        let fraction = Double(halfBits & 0x3FF)
        let sign: Double = halfBits & 0x8000 == 0 ? 1 : -1
        switch exponent {
        case 0: return sign * fraction * 0x1p-24
        case 31: return fraction == 0 ? sign * .infinity : .nan
        default: return sign * (1 + fraction * 0x1p-10) * Double(sign: .plus, exponent: exponent - 15, significand: 1)
        }
    }
}
