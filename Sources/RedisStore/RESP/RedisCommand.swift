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

    /// The name and the arguments.
    let arguments: [[UInt8]]
    /// The slot of the keys that it names; nil where it names none, and any node will do.
    let slot: UInt16?
    /// What becomes of it when its reply is lost.
    let effect: Effect

    /// A command from its parts; a name of several words becomes several arguments.
    init(_ name: String, _ arguments: [[UInt8]] = [], slot: UInt16? = nil, _ effect: Effect = .reads) {
        self.arguments = name.split(separator: " ").map { Array($0.utf8) } + arguments
        self.slot = slot
        self.effect = effect
    }

    /// A command that reads, from all its parts, the words of the name first.
    init(parts: [[UInt8]], slot: UInt16?) {
        arguments = parts
        self.slot = slot
        effect = .reads
    }

    /// The same with text arguments.
    init(_ name: String, _ first: String, _ others: String...) {
        self.init(name, ([first] + others).map { Array($0.utf8) })
    }

    /// How many bytes it takes on the wire, at most.
    var byteCount: Int { arguments.reduce(16) { $0 + $1.count + 16 } }

    /// Appends its wire form: an array of bulk strings.
    func append(to bytes: inout [UInt8]) {
        RedisCommand.appendHead(0x2A, arguments.count, to: &bytes)
        for argument in arguments {
            RedisCommand.appendHead(0x24, argument.count, to: &bytes)
            bytes += argument
            bytes.append(0x0D)
            bytes.append(0x0A)
        }
    }

    private static func appendHead(_ type: UInt8, _ number: Int, to bytes: inout [UInt8]) {
        bytes.append(type)
        // Most lengths have one or two digits, for which no string need be made.
        if number < 10 {
            bytes.append(UInt8(0x30 + number))
        } else if number < 100 {
            bytes.append(UInt8(0x30 + number / 10))
            bytes.append(UInt8(0x30 + number % 10))
        } else {
            bytes += String(number).utf8
        }
        bytes.append(0x0D)
        bytes.append(0x0A)
    }
}
#endif
