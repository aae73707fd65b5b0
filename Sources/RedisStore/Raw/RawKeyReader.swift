import KeyValue

/// Reads what lies under one key, in steps that each take the server a moment: the pure half. Commands come out, their
/// replies are fed in.
///
/// A collection is read in pieces of about ``membersAStep`` members and a string in pieces of ``bytesAStep``, so that a
/// key of a million members holds up nobody. What is changed meanwhile may be seen as it was before or after.
///
/// A class, so that what it gathers is never copied.
final class RawKeyReader {
    enum Outcome {
        /// The step's commands are to be sent, in one go.
        case needs([[[UInt8]]])
        case record(RedisRawRecord)
        case absent
        /// The key got another type while it was read: it has to be read anew.
        case changed
        /// A type of a module's.
        case unsupported(type: String)
    }

    static let membersAStep = 1_000
    static let entriesAStep = 250
    static let bytesAStep = 1 << 20
    /// The first piece of a string is shorter, since many keys are begun at once.
    static let firstBytes = 64 << 10

    enum Kind: String {
        case string, list, set, zset, hash, stream
    }

    let key: [UInt8]
    private let bytesMax: Int
    private let expiryIsRelative: Bool
    private let guess: Kind?
    /// What lies there; nil before the first step.
    private(set) var kind: Kind?
    private var text: [UInt8] = []
    /// Whether the first piece of a string is there.
    private var isBegun = false
    private var elements: [[UInt8]] = []
    private var members: Set<[UInt8]> = []
    private var scores: [[UInt8]: Double] = [:]
    private var fields: [[UInt8]: [UInt8]] = [:]
    private var stream = RedisRawStream(entries: [], lastID: .init(milliseconds: 0, sequence: 0))
    private var expiry: Int64?
    private var byteCount = 0
    /// What a stream's groups have delivered and not had acknowledged, which a record does not hold.
    private(set) var pendingEntries: Int64 = 0

    /// - Parameters:
    ///   - expiryIsRelative: whether the server, older than 7.0, tells only how long a key has left.
    ///   - guess: what probably lies there, which is then read in the first step.
    init(_ key: [UInt8], bytesMax: Int, expiryIsRelative: Bool = false, guess: Kind? = nil) {
        self.key = key
        self.bytesMax = bytesMax
        self.expiryIsRelative = expiryIsRelative
        self.guess = guess
    }

    /// The first step.
    var first: [[[UInt8]]] { typeCommands + (guess.map { commands(of: $0) } ?? []) }

    private var typeCommands: [[[UInt8]]] {
        [[Word.type, key]] + RawKeyReader.commands(ofExpiry: key, expiryIsRelative)
    }

    /// Takes the replies to the last step, one a command. Throws ``StoreError/Code/tooLarge`` when the record is beyond
    /// the limit, and ``StoreError/Code/corrupted`` for replies that no such server gives.
    func take(_ replies: [RawReply]) throws(StoreError) -> Outcome {
        // What answers to a guess counts only when the guess was right.
        let counting = kind == nil ? replies.prefix(typeReplies) : replies[...]
        for reply in counting {
            guard let message = reply.errorMessage else { continue }
            if message.hasPrefix("WRONGTYPE") { return .changed }
            if message.hasPrefix("ERR no such key") { return .absent }
            throw StoreError(
                .unavailable,
                "The server refused to tell what a key holds.",
                ["answer": message, "key": Key.escaped(key)]
            )
        }
        let outcome = if let kind { try take(replies, of: kind) } else { try takeType(replies) }
        guard byteCount <= bytesMax else {
            throw StoreError(
                .tooLarge,
                "What lies under a key is too large to be read as one value: split it, or leave it out.",
                ["key": Key.escaped(key), "limit": "valueBytesMax", "maximum": "\(bytesMax)"]
            )
        }
        return outcome
    }

    private var typeReplies: Int { expiryIsRelative ? 3 : 2 }

    /// Whether some of what lies there was read, so that the next step asks for a large piece.
    var hasBegun: Bool { byteCount > 0 }

    private static func commands(ofExpiry key: [UInt8], _ isRelative: Bool) -> [[[UInt8]]] {
        isRelative ? [[Word.time], [Word.timeLeft, key]] : [[Word.expiry, key]]
    }

    /// The moment of expiry in replies to what ``commands(ofExpiry:_:)`` asks, nil if there is none; nil for other replies.
    private static func expiry(in replies: ArraySlice<RawReply>, _ isRelative: Bool) -> Int64?? {
        guard let last = replies.last?.number else { return nil }
        guard isRelative else { return .some(last < 0 ? nil : last) }
        guard let time = replies.first?.array, time.count == 2, let seconds = time[0].number,
            let microseconds = time[1].number
        else { return nil }
        return .some(last < 0 ? nil : seconds &* 1_000 &+ microseconds / 1_000 &+ last)
    }

    /// Asks for a key that is probably a short string, without asking for its type.
    static func askForString(_ key: [UInt8], _ expiryIsRelative: Bool, _ commands: inout [[[UInt8]]]) {
        commands += self.commands(ofExpiry: key, expiryIsRelative)
        commands.append([Word.range, key, Word.zero, Word.lastOfFirst])
    }

    /// The record that is all in the replies to what ``askForString(_:_:_:)`` asks; nil where there may be something else,
    /// more or nothing, or more than a record may hold, so that a reader has to look.
    static func shortString(
        in replies: ArraySlice<RawReply>,
        _ expiryIsRelative: Bool,
        bytesMax: Int
    ) -> RedisRawRecord? {
        guard case .bytes(let text)? = replies.last, !text.isEmpty, text.count < firstBytes, text.count <= bytesMax,
            // -2 says that the key was not there yet.
            let left = replies.dropLast().last?.number, left != -2,
            let expiry = expiry(in: replies.dropLast(), expiryIsRelative)
        else { return nil }
        return RedisRawRecord(.string(text), expiresAtMilliseconds: expiry)
    }

    private func takeType(_ replies: [RawReply]) throws(StoreError) -> Outcome {
        guard replies.count >= typeReplies, let name = replies[0].text,
            let expiry = RawKeyReader.expiry(in: replies[1..<typeReplies], expiryIsRelative)
        else { throw surprise() }
        self.expiry = expiry
        if name == "none" { return .absent }
        guard let kind = Kind(rawValue: name) else { return .unsupported(type: name) }
        self.kind = kind
        guard kind == guess else { return next(kind) }
        return try take(Array(replies.dropFirst(typeReplies)))
    }

    // MARK: - The steps of each type

    /// The step that goes on behind what has been gathered.
    private func next(_ kind: Kind, cursor: [UInt8] = RawKeyReader.start) -> Outcome {
        .needs(commands(of: kind, cursor: cursor))
    }

    private func commands(of kind: Kind, cursor: [UInt8] = RawKeyReader.start) -> [[[UInt8]]] {
        switch kind {
        case .string:
            guard isBegun else { return [[Word.range, key, Word.zero, Word.lastOfFirst]] }
            // An empty string and one that is gone look alike.
            let range = ["\(text.count)", "\(text.count + RawKeyReader.bytesAStep - 1)"]
            return [command("GETRANGE", range), command("EXISTS")]
        case .list:
            let range = ["\(elements.count)", "\(elements.count + RawKeyReader.membersAStep - 1)"]
            return [command("LRANGE", range)]
        case .set: return [scan("SSCAN", cursor)]
        case .zset: return [scan("ZSCAN", cursor)]
        case .hash: return [scan("HSCAN", cursor)]
        case .stream:
            let start = stream.entries.last.map { "\($0.id.next)" } ?? "-"
            return [
                [Array("XINFO".utf8)] + command("STREAM"), [Array("XINFO".utf8)] + command("GROUPS"),
                command("XRANGE", [start, "+", "COUNT", "\(RawKeyReader.entriesAStep)"]),
            ]
        }
    }

    private func take(_ replies: [RawReply], of kind: Kind) throws(StoreError) -> Outcome {
        switch kind {
        case .string:
            guard let piece = replies.first?.bytes else { throw surprise() }
            let isFirst = !isBegun
            isBegun = true
            if isFirst {
                text = piece
                byteCount = piece.count
                return piece.isEmpty || piece.count == RawKeyReader.firstBytes ? next(kind) : finished(.string(text))
            }
            guard replies.count == 2, let exists = replies[1].number else { throw surprise() }
            guard exists != 0 else { return .absent }
            text += piece
            byteCount += piece.count
            return piece.count < RawKeyReader.bytesAStep ? finished(.string(text)) : next(kind)
        case .list:
            let piece = try strings(replies.first)
            elements += piece
            if elements.isEmpty { return .absent }
            return piece.count < RawKeyReader.membersAStep ? finished(.list(elements)) : next(kind)
        case .set:
            let (cursor, piece) = try scanned(replies)
            members.formUnion(piece)
            return try next(kind, after: cursor) { members.isEmpty ? nil : .set(members) }
        case .zset:
            let (cursor, piece) = try scanned(replies)
            for (member, text) in try pairs(piece) {
                guard let score = Double(String(decoding: text, as: UTF8.self)), !score.isNaN else { throw surprise() }
                scores[member] = score
            }
            return try next(kind, after: cursor) { scores.isEmpty ? nil : .sortedSet(scores) }
        case .hash:
            let (cursor, piece) = try scanned(replies)
            for (field, value) in try pairs(piece) { fields[field] = value }
            return try next(kind, after: cursor) { fields.isEmpty ? nil : .hash(fields) }
        case .stream:
            let count = try takeStream(replies)
            return count < RawKeyReader.entriesAStep ? finished(.stream(stream)) : next(kind)
        }
    }

    private func finished(_ content: RedisRawRecord.Content) -> Outcome {
        .record(RedisRawRecord(content, expiresAtMilliseconds: expiry))
    }

    /// Collections are never empty: one that looks so, nil, is gone.
    private func next(
        _ kind: Kind,
        after cursor: [UInt8],
        _ content: () throws(StoreError) -> RedisRawRecord.Content?
    ) throws(StoreError) -> Outcome {
        if cursor != RawKeyReader.start { return next(kind, cursor: cursor) }
        return try content().map(finished) ?? .absent
    }

    /// Takes in a piece of a stream, and where the stream and its groups stand now; how many entries there were.
    private func takeStream(_ replies: [RawReply]) throws(StoreError) -> Int {
        guard replies.count == 3, let last = replies[0].field("last-generated-id")?.streamID,
            let groups = replies[1].array, let entries = replies[2].array
        else { throw surprise() }
        for entry in entries {
            guard let parts = entry.array, parts.count == 2, let id = parts[0].streamID else { throw surprise() }
            // An entry that was deleted while the server read it has nil in the place of its fields.
            guard let fields = parts[1].array else { continue }
            stream.entries.append(.init(id: id, fieldsAndValues: try strings(.array(fields))))
        }
        stream.lastID = max(last, stream.entries.last?.id ?? last)
        stream.groups = [:]
        pendingEntries = 0
        for group in groups {
            guard let name = group.field("name")?.bytes, let position = group.field("last-delivered-id")?.streamID,
                let pending = group.field("pending")?.number
            else { throw surprise() }
            stream.groups[name] = position
            pendingEntries += pending
        }
        return entries.count
    }

    // MARK: - Commands and replies

    /// The words of what is asked of every key, made once.
    private enum Word {
        static let type = Array("TYPE".utf8)
        static let time = Array("TIME".utf8)
        static let timeLeft = Array("PTTL".utf8)
        static let expiry = Array("PEXPIRETIME".utf8)
        static let range = Array("GETRANGE".utf8)
        static let zero = Array("0".utf8)
        static let lastOfFirst = Array("\(RawKeyReader.firstBytes - 1)".utf8)
    }

    private static let start = Word.zero

    private func scan(_ name: String, _ cursor: [UInt8]) -> [[UInt8]] {
        command(name) + [cursor, Array("COUNT".utf8), Array("\(RawKeyReader.membersAStep)".utf8)]
    }

    private func command(_ name: String, _ arguments: [String] = []) -> [[UInt8]] {
        [Array(name.utf8), key] + arguments.map { Array($0.utf8) }
    }

    private func strings(_ reply: RawReply?) throws(StoreError) -> [[UInt8]] {
        guard let items = reply?.array else { throw surprise() }
        var found: [[UInt8]] = []
        found.reserveCapacity(items.count)
        for item in items {
            guard let bytes = item.bytes else { throw surprise() }
            byteCount += bytes.count + 2
            found.append(bytes)
        }
        return found
    }

    private func scanned(_ replies: [RawReply]) throws(StoreError) -> (cursor: [UInt8], items: [[UInt8]]) {
        guard let parts = replies.first?.array, parts.count == 2, let cursor = parts[0].bytes else { throw surprise() }
        return (cursor, try strings(parts[1]))
    }

    private func pairs(_ items: [[UInt8]]) throws(StoreError) -> [([UInt8], [UInt8])] {
        guard items.count.isMultiple(of: 2) else { throw surprise() }
        return stride(from: 0, to: items.count, by: 2).map { (items[$0], items[$0 + 1]) }
    }

    private func surprise() -> StoreError {
        StoreError(
            .corrupted,
            "The server answers in a way that no Redis does: see that the URL names one.",
            ["key": Key.escaped(key)]
        )
    }
}

extension RedisRawStream.ID {
    /// The first identifier behind this one.
    var next: RedisRawStream.ID {
        sequence == .max
            ? RedisRawStream.ID(milliseconds: milliseconds &+ 1, sequence: 0)
            : RedisRawStream.ID(milliseconds: milliseconds, sequence: sequence + 1)
    }
}

extension RedisRawStream.ID: CustomStringConvertible {
    /// The text that Redis uses: the two numbers with a hyphen between.
    public var description: String { "\(milliseconds)-\(sequence)" }
}
