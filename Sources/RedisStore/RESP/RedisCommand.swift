#if Redis
/// A command on its way to the server.
struct RedisCommand: Sendable {
    /// What becomes of a command whose reply is lost.
    enum Effect: Sendable {
        /// It changes nothing, so it may be sent again.
        case reads
        /// It may change something, so whether it did is unknown.
        case writes
    }

    /// Its wire form: an array of bulk strings. It is made where the command is, so that the event loop only copies it.
    let bytes: [UInt8]
    /// The slot of the keys that it names; nil where it names none, and any node will do.
    let slot: UInt16?
    /// What becomes of it when its reply is lost.
    let effect: Effect
    /// How many commands are together in this one, each with a reply of its own; nil for a command by itself.
    let together: Int?

    /// A command from its parts, the arguments in one list or two; a name of several words becomes several arguments.
    init(
        _ name: String,
        _ arguments: [[UInt8]] = [],
        and others: [[UInt8]] = [],
        slot: UInt16? = nil,
        _ effect: Effect = .reads
    ) {
        let wordCount = name.utf8.reduce(1) { $1 == 0x20 ? $0 + 1 : $0 }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(
            RedisCommand.wireBytes(of: arguments) + RedisCommand.wireBytes(of: others) + name.utf8.count + 8 * wordCount
        )
        RedisCommand.appendHead(0x2A, wordCount + arguments.count + others.count, to: &bytes)
        if wordCount == 1 {
            RedisCommand.append(name.utf8, to: &bytes)
        } else {
            for word in name.utf8.split(separator: 0x20) { RedisCommand.append(word, to: &bytes) }
        }
        for argument in arguments { RedisCommand.append(argument, to: &bytes) }
        for argument in others { RedisCommand.append(argument, to: &bytes) }
        self.bytes = bytes
        self.slot = slot
        self.effect = effect
        together = nil
    }

    /// A command that reads, from all its parts, the words of the name first.
    init(parts: [[UInt8]], slot: UInt16?) {
        self.init(reading: [parts], slot: slot, together: nil)
    }

    /// Many commands that read, for one server, sent and answered as if they were one: the reply is an array of theirs,
    /// refusals among them.
    init(together commands: [[[UInt8]]]) {
        self.init(reading: commands, slot: nil, together: commands.count)
    }

    private init(reading commands: [[[UInt8]]], slot: UInt16?, together: Int?) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(commands.reduce(0) { $0 + RedisCommand.wireBytes(of: $1) })
        for parts in commands {
            RedisCommand.appendHead(0x2A, parts.count, to: &bytes)
            for part in parts { RedisCommand.append(part, to: &bytes) }
        }
        self.bytes = bytes
        self.slot = slot
        effect = .reads
        self.together = together
    }

    /// The same with text arguments.
    init(_ name: String, _ first: String, _ others: String...) {
        self.init(name, ([first] + others).map { Array($0.utf8) })
    }

    /// About how many bytes they take on the wire: a head has five of them, or some more.
    private static func wireBytes(of parts: [[UInt8]]) -> Int { parts.reduce(16) { $0 + $1.count + 12 } }

    private static func append(_ part: some Collection<UInt8>, to bytes: inout [UInt8]) {
        appendHead(0x24, part.count, to: &bytes)
        bytes.append(contentsOf: part)
        bytes.append(0x0D)
        bytes.append(0x0A)
    }

    private static func appendHead(_ type: UInt8, _ number: Int, to bytes: inout [UInt8]) {
        bytes.append(type)
        var divisor = 1
        while number / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            bytes.append(UInt8(0x30 + number / divisor % 10))
            divisor /= 10
        }
        bytes.append(0x0D)
        bytes.append(0x0A)
    }
}
#endif
