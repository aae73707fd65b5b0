import KeyValue

/// Times what a store does, theme after theme, and takes down what it is billed for.
struct StoreBench {
    let store: any KeyValueStore
    let environment: StoreEnvironment
    let records: Int
    /// Of each value that is written.
    let bytes: Int
    private(set) var results: [BenchResult] = []

    init(_ store: any KeyValueStore, environment: StoreEnvironment, records: Int, bytes: Int) {
        self.store = store
        self.environment = environment
        self.records = records
        self.bytes = bytes
    }

    /// How many records go with one call where several do.
    private static let recordsACall = 100

    /// Writes records in a partition of their own, reads and replaces them, and removes them.
    mutating func writeAndRead() async throws {
        var name = "bench-" + String(environment.random(), radix: 16)
        name = String(name.prefix(store.capabilities.limits.partitionBytesMax))
        let keys = (0..<records).map { Key(name, "record-\($0)") }
        try await measure("write") { (bench) in try await bench.change(keys) { .put(bench.value()) } }
        try await read(.partition(Array(name.utf8)))
        if store.capabilities.conditionalWrite {
            let some = Array(keys.prefix(StoreBench.singlesMax))
            let entries = try await entries(at: some)
            try await measure("replace") { (bench) in
                for entry in entries {
                    try await bench.store.put(bench.value(), at: entry.key, if: .revision(entry.revision))
                }
                return entries.count
            }
        }
        try await measure("delete") { (bench) in try await bench.change(keys) { .delete } }
    }

    /// Reads records that are there.
    mutating func readOnly() async throws { try await read(.all()) }

    /// More are not read or replaced one by one.
    private static let singlesMax = 1_000

    private mutating func read(_ range: KeyRange) async throws {
        var keys: [Key] = []
        try await measure("scan") { (bench) in
            var cursor: Cursor?
            repeat {
                let left = ScanOptions(limit: min(bench.records - keys.count, 1_000))
                let page = try await bench.store.scan(range, left, after: cursor)
                keys += page.map(\.key)
                cursor = page.cursor
            } while cursor != nil && keys.count < bench.records
            return keys.count
        }
        let some = Array(keys.prefix(StoreBench.singlesMax))
        try await measure("get") { (bench) in
            for key in some { _ = try await bench.store.get(key) }
            return some.count
        }
        try await measure("get many") { (bench) in try await bench.entries(at: keys).count }
    }

    private mutating func measure(_ name: String, _ body: (StoreBench) async throws -> Int) async throws {
        let billed = store as? any BilledStore
        let before = billed?.billed
        let began = environment.now()
        let operations = try await body(self)
        var result = BenchResult(name: name, operations: operations, duration: environment.now() - began)
        if let billed, let before { result.bill = (billed.tariff, billed.billed.since(before)) }
        results.append(result)
    }

    private func change(_ keys: [Key], _ action: () -> WriteBatch.Action) async throws -> Int {
        for start in stride(from: 0, to: keys.count, by: StoreBench.recordsACall) {
            let some = keys[start...].prefix(StoreBench.recordsACall)
            let batches = some.map { WriteBatch([WriteBatch.Operation(action(), at: $0)]) }
            for result in await store.write(each: batches) { _ = try result.get() }
        }
        return keys.count
    }

    private func entries(at keys: [Key]) async throws -> [Entry] {
        let together = min(StoreBench.recordsACall, store.capabilities.limits.getKeysMax)
        var found: [Entry] = []
        for start in stride(from: 0, to: keys.count, by: together) {
            found += try await store.get(Array(keys[start...].prefix(together))).compactMap { $0 }
        }
        return found
    }

    private func value() -> [UInt8] {
        var (value, bits) = ([UInt8](), UInt64(0))
        value.reserveCapacity(bytes)
        while value.count < bytes {
            if value.count % 8 == 0 { bits = environment.random() }
            value.append(UInt8(truncatingIfNeeded: bits))
            bits >>= 8
        }
        return value
    }
}

/// What one theme came to.
struct BenchResult {
    let name: String
    let operations: Int
    let duration: Duration
    /// What the store's operator bills for all of it; nil for one who bills nothing.
    var bill: (tariff: Tariff, units: BilledUnits)?

    private var seconds: Double { duration / .seconds(1) }

    private var each: Double { 1 / Double(max(1, operations)) }

    var json: JSONObject {
        var object = JSONObject()
        object.add("theme", name)
        object.add("operations", operations)
        object.add("seconds", seconds)
        guard let (tariff, units) = bill else { return object }
        object.add("requests", units.requests)
        object.add("cost", tariff.price(of: units))
        object.add("costPerMillion", tariff.price(of: units) * each * 1_000_000)
        object.add("currency", tariff.currency)
        object.add("region", tariff.region ?? "")
        object.add("date", tariff.date)
        return object
    }

    var text: String {
        let rate = HumanText.number(Int(Double(operations) / max(seconds, 1e-9)))
        let micros = HumanText.number(Int(seconds * each * 1_000_000))
        let line = "\(name): \(HumanText.count(operations, "record")), \(rate) a second, \(micros) µs each"
        guard let (tariff, units) = bill else { return line }
        let requests = HumanText.decimal(units.requests * each, digits: 3)
        let million = HumanText.decimal(tariff.price(of: units) * each * 1_000_000, digits: 2)
        return line + ", \(requests) requests each, \(million) \(tariff.currency) a million"
    }
}
