public import KeyValue
import Tuples

/// The bytes of a record are a tuple as `Tuples` encodes it, of any length: the format 1, the type as Redis names it, the
/// expiry as an integer or null, then by type
///
/// | type | elements |
/// | --- | --- |
/// | string | its bytes |
/// | list | each element, from head to tail |
/// | set | each member, in the order of bytes |
/// | zset | each member, in the order of bytes, followed by its score as a double |
/// | hash | each field, in the order of bytes, followed by its value |
/// | stream | the last identifier; a tuple of the groups, in the order of bytes, each name followed by the identifier; then each entry as a tuple of its identifier, fields and values |
///
/// where an identifier is two integers.
extension RedisRawRecord {
    static let format: Int64 = 1

    /// The bytes. O(n log n) in the members of a set, sorted set or hash, linear otherwise.
    public func encoded() -> [UInt8] {
        var bytesLikely = 256
        if case .string(let bytes) = content { bytesLikely = bytes.count + 32 }
        var encoder = TupleEncoder(reservingBytes: bytesLikely)
        encoder.append(RedisRawRecord.format)
        encoder.append(content.typeName)
        if let expiresAtMilliseconds { encoder.append(expiresAtMilliseconds) } else { encoder.appendNull() }
        switch content {
        case .string(let bytes): encoder.append(bytes)
        case .list(let elements): for element in elements { encoder.append(element) }
        case .set(let members): for member in members.sorted(by: ByteOrder.precedes) { encoder.append(member) }
        case .sortedSet(let scores):
            for (member, score) in scores.inOrder {
                encoder.append(member)
                encoder.append(score)
            }
        case .hash(let fields):
            for (field, value) in fields.inOrder {
                encoder.append(field)
                encoder.append(value)
            }
        case .stream(let stream): encoder.append(stream)
        }
        return encoder.bytes
    }

    /// The record behind bytes of ``encoded()``.
    ///
    /// Throws `StoreError.Code.newerFormat` for a format of a later release, and `StoreError.Code.corrupted` for
    /// whatever else that method does not write. Linear in the bytes.
    public init(decoding bytes: [UInt8]) throws(StoreError) {
        let format: Int64
        let record: RedisRawRecord?
        do throws(TupleError) {
            var decoder = try TupleDecoder(bytes, byteCountMax: .max)
            let tuple = try decoder.rest()
            format = try tuple.integer(at: 0)
            record = format == RedisRawRecord.format ? try RedisRawRecord(tuple) : nil
        } catch {
            throw RedisRawRecord.damage(error)
        }
        guard format <= RedisRawRecord.format else {
            throw StoreError(.newerFormat, "The record is of a newer format: use a newer release.")
        }
        guard let record else { throw RedisRawRecord.damage(nil) }
        self = record
    }

    private static func damage(_ cause: TupleError?) -> StoreError {
        StoreError(.corrupted, "The bytes are no record of a Redis key: restore them from a copy.", cause: cause)
    }

    /// Nil for a tuple that is of no known type or not in its one order.
    private init?(_ tuple: Tuple) throws(TupleError) {
        let expiry: Int64? = if case .null = try tuple.element(at: 2) { nil } else { try tuple.integer(at: 2) }
        let count = tuple.elements.count
        let content: Content?
        switch try tuple.string(at: 1) {
        case "string": content = count == 4 ? .string(try tuple.bytes(at: 3)) : nil
        case "list": content = .list(try tuple.byteStrings(from: 3))
        case "set":
            let members = try tuple.byteStrings(from: 3)
            content = members.isInOrder ? .set(Set(members)) : nil
        case "zset":
            content = try tuple.pairs(from: 3) { (index) throws(TupleError) in try tuple.double(at: index) }
                .flatMap { scores in scores.values.contains(where: \.isNaN) ? nil : .sortedSet(scores) }
        case "hash":
            content = try tuple.pairs(from: 3) { (index) throws(TupleError) in try tuple.bytes(at: index) }
                .map { .hash($0) }
        case "stream": content = try RedisRawStream(tuple).map { .stream($0) }
        default: content = nil
        }
        guard let content else { return nil }
        self.init(content, expiresAtMilliseconds: expiry)
    }
}

extension RedisRawRecord.Content {
    /// The type as Redis names it.
    public var typeName: String {
        switch self {
        case .string: "string"
        case .list: "list"
        case .set: "set"
        case .sortedSet: "zset"
        case .hash: "hash"
        case .stream: "stream"
        }
    }
}

extension RedisRawStream {
    /// Nil for entries or groups that are not in order.
    fileprivate init?(_ tuple: Tuple) throws(TupleError) {
        let groups = try tuple.tuple(at: 5)
        let positions = try groups.pairs(from: 0, width: 3) { (index) throws(TupleError) in
            try groups.streamID(at: index)
        }
        guard let positions, let lastID = try tuple.streamID(at: 3) else { return nil }
        self.init(entries: [], lastID: lastID, groups: positions)
        for index in 6..<max(6, tuple.elements.count) {
            let entry = try tuple.tuple(at: index)
            guard let id = try entry.streamID(at: 0), entries.last.map({ $0.id < id }) ?? true, id <= lastID
            else { return nil }
            entries.append(Entry(id: id, fieldsAndValues: try entry.byteStrings(from: 2)))
        }
    }
}

extension TupleEncoder {
    fileprivate mutating func append(_ id: RedisRawStream.ID) {
        append(id.milliseconds)
        append(id.sequence)
    }

    fileprivate mutating func append(_ stream: RedisRawStream) {
        append(stream.lastID)
        appendFlatTuple { encoder in
            for (name, id) in stream.groups.inOrder {
                encoder.append(name)
                encoder.append(id)
            }
        }
        for entry in stream.entries {
            appendFlatTuple { encoder in
                encoder.append(entry.id)
                for bytes in entry.fieldsAndValues { encoder.append(bytes) }
            }
        }
    }

    /// A tuple of scalars inside of the outermost, which can't be too deep.
    private mutating func appendFlatTuple(_ body: (inout TupleEncoder) -> Void) {
        do throws(TupleError) {
            try appendTuple { (encoder) throws(TupleError) in body(&encoder) }
        } catch {
            assertionFailure("\(error)")
        }
    }
}

extension Tuple {
    fileprivate func byteStrings(from start: Int) throws(TupleError) -> [[UInt8]] {
        var found: [[UInt8]] = []
        for index in start..<max(start, elements.count) { found.append(try bytes(at: index)) }
        return found
    }

    /// Byte strings in strict order, each with what `value` finds behind it; nil if they are not in order or without a
    /// value.
    fileprivate func pairs<Value>(
        from start: Int,
        width: Int = 2,
        _ value: (Int) throws(TupleError) -> Value?
    ) throws(TupleError) -> [[UInt8]: Value]? {
        var found: [[UInt8]: Value] = [:]
        var previous: [UInt8]?
        for index in stride(from: start, to: elements.count, by: width) {
            let name = try bytes(at: index)
            if let previous, !ByteOrder.precedes(previous, name) { return nil }
            guard let value = try value(index + 1) else { return nil }
            found[name] = value
            previous = name
        }
        return found
    }

    fileprivate func streamID(at index: Int) throws(TupleError) -> RedisRawStream.ID? {
        guard let milliseconds = try unsigned(at: index), let sequence = try unsigned(at: index + 1) else { return nil }
        return RedisRawStream.ID(milliseconds: milliseconds, sequence: sequence)
    }

    private func unsigned(at index: Int) throws(TupleError) -> UInt64? {
        if case .bigInteger(let value) = try element(at: index) { return UInt64(exactly: value) }
        return UInt64(exactly: try integer(at: index))
    }
}

extension [[UInt8]] {
    fileprivate var isInOrder: Bool { zip(self, dropFirst()).allSatisfy { ByteOrder.precedes($0, $1) } }
}

extension Dictionary where Key == [UInt8] {
    fileprivate var inOrder: [(key: [UInt8], value: Value)] {
        sorted { ByteOrder.precedes($0.key, $1.key) }
    }
}
