/// The record in every bin of a store that says whose writes are admitted.
///
/// Every batch is checked against it, in the same atomic write where ``Capabilities/fencing`` says so. A store begins
/// with ``open``. Epochs only grow, and a store that was moved away from stays so for ever.
public struct Fence: Hashable, Sendable {
    /// Whose batches are admitted.
    public enum Admission: Hashable, Sendable {
        /// Batches without an epoch, and batches of this fence's epoch.
        case everyone
        /// Batches of this fence's epoch alone.
        case epochOnly
        /// None: the records live elsewhere now, in the store of this name (never a URL, never a secret).
        case movedAway(to: String)
    }

    /// The epoch that a batch has to name if it names one.
    public let epoch: UInt64
    /// Whose batches are admitted.
    public let admission: Admission

    /// A fence from its parts.
    public init(epoch: UInt64, admission: Admission) {
        self.epoch = epoch
        self.admission = admission
    }

    /// The fence of a new store.
    public static let open = Fence(epoch: 0, admission: .everyone)

    /// Throws unless a batch of this epoch, or of none, is admitted: ``StoreError/Code/movedAway`` or
    /// ``StoreError/Code/staleMode``.
    public func admit(epoch: UInt64?) throws(StoreError) {
        if case .movedAway(let name) = admission { throw .movedAway(to: name) }
        if epoch == self.epoch || (epoch == nil && admission == .everyone) { return }
        throw StoreError(
            .staleMode,
            "The batch is of another epoch than the store's fence: read the migration's mode again.",
            ["epoch": epoch.map { "\($0)" } ?? "none", "fence": "\(self.epoch)"]
        )
    }

    /// Throws unless `successor` may take this fence's place, given that the caller believed it to be `expected`.
    public func allow(_ successor: Fence, expecting expected: Fence) throws(StoreError) {
        if case .movedAway(let name) = admission { throw .movedAway(to: name) }
        guard self == expected else {
            throw StoreError(
                .staleMode,
                "The fence has been changed meanwhile: read it again.",
                ["expected": "\(expected.epoch)", "fence": "\(epoch)"]
            )
        }
        guard successor.epoch > epoch else {
            throw .invalidArgument(
                "The epoch of a fence only grows.",
                ["epoch": "\(successor.epoch)", "fence": "\(epoch)"]
            )
        }
        if case .movedAway(let name) = successor.admission, !(1...Fence.nameBytesMax).contains(name.utf8.count) {
            throw .invalidArgument(
                "The name of the store that was moved to has to have 1 to 256 bytes.",
                ["bytes": "\(name.utf8.count)"]
            )
        }
    }

    private static let nameBytesMax = 256
}

extension Fence {
    private static let format: UInt8 = 1

    /// The bytes in which stores keep it: format 1, the epoch as 64 bits big-endian, 0, 1 or 2 for the admission, and
    /// the name's UTF-8.
    public var encoded: [UInt8] {
        var writer = KeyWriter()
        writer.append(byte: Fence.format)
        writer.append(integer: epoch)
        switch admission {
        case .everyone: writer.append(byte: 0)
        case .epochOnly: writer.append(byte: 1)
        case .movedAway(let name):
            writer.append(byte: 2)
            writer.append(string: Array(name.utf8))
        }
        return writer.bytes
    }

    /// The fence behind kept bytes; throws ``StoreError/Code/newerFormat`` or ``StoreError/Code/corrupted``.
    public init(encoded: [UInt8]) throws(StoreError) {
        var reader = KeyReader(encoded)
        let format = reader.byte()
        guard format.map({ $0 <= Fence.format }) ?? true else {
            throw StoreError(.newerFormat, "The fence is of a newer format: use a newer release.")
        }
        let damage = StoreError(.corrupted, "The fence can't be read: restore the store from a copy.")
        guard format == Fence.format, let epoch = reader.integer(), let kind = reader.byte() else { throw damage }
        self.epoch = epoch
        switch kind {
        case 0: admission = .everyone
        case 1: admission = .epochOnly
        case 2:
            guard let bytes = reader.string(), let name = String(validating: bytes, as: UTF8.self) else { throw damage }
            admission = .movedAway(to: name)
        default: throw damage
        }
        guard reader.isAtEnd else { throw damage }
    }
}
