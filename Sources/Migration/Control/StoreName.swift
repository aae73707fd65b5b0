import KeyValue

/// What a control record knows of a store: how people call it, and how it is recognised. Never a URL, never a secret.
public struct StoreName: Hashable, Sendable {
    /// What people call it: 1 to 256 bytes of UTF-8.
    public let name: String
    /// 128 random bits that lie in the store itself, so that a store is recognised by whatever URL it is opened.
    public let high: UInt64
    /// The lower half of them.
    public let low: UInt64

    /// A name from its parts.
    public init(name: String, high: UInt64, low: UInt64) {
        self.name = name
        self.high = high
        self.low = low
    }

    /// Whether both are one store, however they are called.
    public func isSameStore(as other: StoreName) -> Bool { high == other.high && low == other.low }
}

extension StoreName {
    private static let key = Key("migration", "identity", space: .reservedLocal)

    /// Recognises a store by the bits in it, which are drawn and written there when it has none. They lie in the local
    /// half of reserved space and never travel.
    static func recognise(
        _ store: any KeyValueStore,
        name: String,
        epoch: UInt64? = nil,
        environment: StoreEnvironment
    ) async throws(StoreError) -> StoreName {
        guard (1...ControlRecord.nameBytesMax).contains(name.utf8.count) else {
            throw .invalidArgument("The name of a store has 1 to 256 bytes.", ["bytes": "\(name.utf8.count)"])
        }
        if let foreign = store as? any ForeignCapture {
            guard let identity = try await foreign.captureReport().identity else {
                throw .invalidArgument(
                    "What programs write to the source is not captured: install capture there first.",
                    ["source": name]
                )
            }
            return StoreName(name: name, high: identity.high, low: identity.low)
        }
        if let entry = try await store.get(key) { return try StoreName(name: name, encodedIdentity: entry.value) }
        let drawn = StoreName(name: name, high: environment.random(), low: environment.random())
        var writer = KeyWriter()
        writer.append(integer: drawn.high)
        writer.append(integer: drawn.low)
        do throws(StoreError) {
            _ = try await store.write(
                WriteBatch([WriteBatch.Operation(.put(writer.bytes), at: key, if: .absent)], epoch: epoch)
            )
        } catch {
            guard [.preconditionFailed, .outcomeUnknown].contains(error.code) else { throw error }
        }
        // Read back, whoever wrote it.
        guard let entry = try await store.get(key) else {
            throw StoreError(.unavailable, "The store does not keep what was written to it: check it first.")
        }
        return try StoreName(name: name, encodedIdentity: entry.value)
    }

    private init(name: String, encodedIdentity: [UInt8]) throws(StoreError) {
        var reader = KeyReader(encodedIdentity)
        guard let high = reader.integer(), let low = reader.integer(), reader.isAtEnd else {
            throw StoreError(.corrupted, "The identity of the store can't be read: restore the store from a copy.")
        }
        self.init(name: name, high: high, low: low)
    }
}
