extension DAGJSON {
    struct Decoder {
        var reader: ByteReader
        var budget: DecodingBudget

        mutating func whole() throws(IPLDError) -> Node {
            let node = try node()
            skipSpace()
            guard reader.isAtEnd else {
                throw IPLDError(.malformed, "There are bytes behind the value.", offset: reader.offset)
            }
            return node
        }

        /// Reads a value. The stack that this takes is bounded by the depth that the budget allows.
        private mutating func node() throws(IPLDError) -> Node {
            skipSpace()
            switch reader.next {
            case 0x7B: return try map()
            case 0x5B: return .list(try list())
            case 0x22: return .string(try string())
            case 0x74: return try word("true", .boolean(true))
            case 0x66: return try word("false", .boolean(false))
            case 0x6E: return try word("null", .null)
            case nil: throw reader.truncated()
            default: return try number()
            }
        }

        private mutating func skipSpace() {
            while let next = reader.next, [0x20, 0x09, 0x0A, 0x0D].contains(next) { reader.skip() }
        }

        private func unexpected() -> IPLDError {
            guard !reader.isAtEnd else { return reader.truncated() }
            return IPLDError(.malformed, "A byte is not what JSON has in its place.", offset: reader.offset)
        }

        private mutating func expect(_ byte: UInt8) throws(IPLDError) {
            skipSpace()
            guard reader.next == byte else { throw unexpected() }
            reader.skip()
        }

        /// Whether the byte is next; then it is read.
        private mutating func read(_ byte: UInt8) -> Bool {
            skipSpace()
            guard reader.next == byte else { return false }
            reader.skip()
            return true
        }

        private mutating func word(_ word: StaticString, _ node: Node) throws(IPLDError) -> Node {
            let start = reader.offset
            let bytes = try reader.take(min(word.utf8CodeUnitCount, reader.remaining))
            guard word.withUTF8Buffer({ $0.elementsEqual(bytes) }) else {
                throw IPLDError(.malformed, "A word is none that JSON has.", offset: start)
            }
            return node
        }

        private mutating func list() throws(IPLDError) -> [Node] {
            try budget.descend(at: reader.offset)
            reader.skip()
            var list: [Node] = []
            if !read(0x5D) {
                repeat {
                    try budget.spend(items: 1, at: reader.offset)
                    list.append(try node())
                } while read(0x2C)
                try expect(0x5D)
            }
            budget.ascend()
            return list
        }

        private mutating func map() throws(IPLDError) -> Node {
            let start = reader.offset
            try budget.descend(at: start)
            reader.skip()
            var entries: [NodeMap.Entry] = []
            if !read(0x7D) {
                repeat {
                    try budget.spend(items: 1, at: reader.offset)
                    skipSpace()
                    guard reader.next == 0x22 else { throw unexpected() }
                    let key = Text(try stringValue())
                    try expect(0x3A)
                    entries.append(NodeMap.Entry(key, try node()))
                } while read(0x2C)
                try expect(0x7D)
            }
            budget.ascend()
            guard let map = NodeMap(unordered: entries) else {
                throw IPLDError(.malformed, "A map has a key twice.", offset: start)
            }
            switch reserved(map) {
            case .link(let text)?:
                try budget.spendLink(at: start)
                return .link(try at(start) { () throws(IPLDError) in try CID(text.description) })
            case .bytes(let text)?:
                return .bytes(try at(start) { () throws(IPLDError) in try BitAlphabet.base64.decode(text.utf8) })
            case .invalid?:
                throw IPLDError(
                    .malformed,
                    "A map has the key that links and bytes have, and is neither.",
                    offset: start
                )
            case nil: return .map(map)
            }
        }

        private func at<Value>(
            _ start: Int,
            _ body: () throws(IPLDError) -> Value
        ) throws(IPLDError) -> Value {
            do throws(IPLDError) {
                return try body()
            } catch {
                throw IPLDError(error.code == .truncated ? .malformed : error.code, error.message, offset: start)
            }
        }

        private mutating func string() throws(IPLDError) -> Text { Text(try stringValue()) }
    }
}
