#if CloudflareKV
public import KeyValue
import StoreHTTP

extension CloudflareKVStore {
    /// How many keys one call changes.
    static let keysACall = 1_000
    /// With how many bytes of values a call is large enough.
    private static let bytesACall = 16 << 20

    public func write(_ batch: WriteBatch) async throws(StoreError) -> WriteReceipt {
        try await write(each: [batch])[0].get()
    }

    /// A put needs a ``CloudflareKVRecord`` as its value. What is written shows in reads after a while.
    public func write(each batches: [WriteBatch]) async -> [Result<WriteReceipt, StoreError>] {
        var results: [Result<WriteReceipt, StoreError>] = []
        var puts = PendingCall()
        var deletes = PendingCall()
        for (place, batch) in batches.enumerated() {
            results.append(.success(WriteReceipt([.init()])))
            do throws(StoreError) {
                try requireOpen()
                let (name, item) = try prepared(batch)
                if let item {
                    puts.append(item, name, place)
                } else {
                    deletes.append(JSON.string(name).encoded, name, place)
                }
            } catch {
                results[place] = .failure(error)
            }
            if puts.isLarge { await send(&puts, .put, &results) }
            if deletes.isLarge { await send(&deletes, .delete, &results) }
        }
        await send(&puts, .put, &results)
        await send(&deletes, .delete, &results)
        return results
    }

    private struct PendingCall {
        var items: [[UInt8]] = []
        var names: [String] = []
        var places: [Int] = []
        var bytes = 0

        var isLarge: Bool { items.count >= CloudflareKVStore.keysACall || bytes >= CloudflareKVStore.bytesACall }

        mutating func append(_ item: [UInt8], _ name: String, _ place: Int) {
            items.append(item)
            names.append(name)
            places.append(place)
            bytes += item.count
        }
    }

    /// The name that a batch changes, and what is put there; nil to delete it.
    private func prepared(_ batch: WriteBatch) throws(StoreError) -> (name: String, item: [UInt8]?) {
        try batch.validate(for: capabilities)
        guard batch.epoch == nil else { throw .unsupported("A namespace has no fence: it takes part in no migration.") }
        let operation = batch.operations[0]
        guard let name = name(of: operation.key) else {
            throw .invalidArgument(
                "A key of a namespace is UTF-8, neither . nor .., and its partition is the namespace.",
                ["key": "\(operation.key)"]
            )
        }
        switch operation.action {
        case .delete: return (name, nil)
        case .put(let value): return (name, try CloudflareKVStore.item(name, CloudflareKVRecord(decoding: value)))
        case .bury, .add, .check: throw .unsupported("A namespace has no tombstones, additions and checks.")
        }
    }

    private static func item(_ name: String, _ record: CloudflareKVRecord) throws(StoreError) -> [UInt8] {
        var members: [JSON.Member] = [
            .init("key", .string(name)), .init("value", .string(Base64.encode(record.value))),
            .init("base64", .bool(true)),
        ]
        if let expiry = record.expiresAtSeconds { members.append(.init("expiration", .number("\(expiry)"))) }
        if let metadata = record.metadata {
            guard let json = JSON(parsing: Array(metadata.utf8)) else {
                throw .invalidArgument("The metadata of a record is JSON.", ["key": name])
            }
            members.append(.init("metadata", json))
        }
        return JSON.object(members).encoded
    }

    private func send(
        _ call: inout PendingCall,
        _ change: CloudflareNamespace.Change,
        _ results: inout [Result<WriteReceipt, StoreError>]
    ) async {
        guard !call.items.isEmpty else { return }
        let body = Array("[".utf8) + call.items.joined(separator: [0x2C]) + Array("]".utf8)
        do throws(StoreError) {
            let failed = try await namespace.change(change, keys: call.items.count, body: body)
            for (name, place) in zip(call.names, call.places) where failed.contains(Array(name.utf8)) {
                results[place] = .failure(
                    StoreError(.outcomeUnknown, "The server did not change every key: change it again.", ["key": name])
                )
            }
        } catch {
            for place in call.places { results[place] = .failure(error) }
        }
        call = PendingCall()
    }
}
#endif
