#if DynamoDB
import KeyValue

/// Which table, and how it is made where it is not there.
struct TableConfiguration: Hashable, Sendable {
    /// Units of reading and writing that a table has a second, paid whether they are used or not.
    struct Capacity: Hashable, Sendable {
        var reads: Int
        var writes: Int
    }

    var name: String
    /// Nil for a table that is paid by request.
    var capacity: Capacity?
    var createsTable = true
    /// Whether a store may be opened whose records were moved away. It takes no writes.
    var acceptsMovedAway = false

    init(_ location: StoreLocation) throws(StoreError) {
        let servers = try location.servers()
        guard servers.count == 1, servers[0].port == nil, location.path.isEmpty || location.path == "/" else {
            throw .invalidArgument("A table is named by dynamodb://table?region=….")
        }
        name = servers[0].host
        let isName = name.utf8.allSatisfy { byte in
            (0x61...0x7A).contains(byte | 0x20) || (0x30...0x39).contains(byte) || [0x2D, 0x2E, 0x5F].contains(byte)
        }
        guard isName, (3...255).contains(name.utf8.count) else {
            throw .invalidArgument(
                "The name of a table has 3 to 255 letters, digits, hyphens, dots and underscores.",
                ["table": name]
            )
        }
        if let text = location.options["capacity"] {
            let numbers = text.split(separator: ",").map { Int($0) }
            guard numbers.count == 2, let reads = numbers[0], let writes = numbers[1], reads > 0, writes > 0,
                reads <= 1_000_000, writes <= 1_000_000
            else {
                throw .invalidArgument(
                    "The option capacity is two numbers, units of reads and of writes a second.",
                    ["capacity": text]
                )
            }
            capacity = Capacity(reads: reads, writes: writes)
        }
        createsTable = location.createsStore
        acceptsMovedAway = try location.acceptances().contains(.moved)
    }
}
#endif
