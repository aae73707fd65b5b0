import KeyValue
import Tuples

/// What lies at a record's key, read and understood.
struct RecordRow: Sendable {
    let key: Key
    /// The row, live or tombstone; nil where there is none.
    let entry: Entry?
    /// The record, if the row is live: also one that has expired.
    let envelope: Envelope?
    /// What the record holds in indexes: also one that has expired, until it is removed.
    let projection: Projection
    let isExpired: Bool

    init(
        _ entry: Entry?,
        at key: Key,
        now: Timestamp,
        _ shape: RecordShape,
        _ layout: RecordLayout
    ) throws(RecordError) {
        self.key = key
        self.entry = entry
        guard let entry, !entry.isTombstone else {
            envelope = nil
            projection = .empty
            isExpired = false
            return
        }
        do throws(RecordError) {
            let envelope = try Envelope(entry.value, of: shape)
            let values = try shape.extract(envelope.body)
            self.envelope = envelope
            projection = try Projection(of: values, at: try shape.address(of: values), shape, layout)
            isExpired = shape.isExpired(values, now: now)
        } catch {
            throw error.at(key)
        }
    }

    /// The row of a key at which nothing lies.
    init(vacantAt key: Key) {
        self.key = key
        entry = nil
        envelope = nil
        projection = .empty
        isExpired = false
    }

    /// The record as readers see it.
    var live: Envelope? { isExpired ? nil : envelope }

    /// What has to hold for the row to be as it was read.
    var unchanged: Precondition { entry.map { .revision($0.revision) } ?? .vacant }

    /// Writes the row again as it is, so that whoever read it before can't write it any more.
    var rewriting: WriteBatch.Operation {
        WriteBatch.Operation(envelope == nil ? .bury : .put(entry?.value ?? []), at: key, if: unchanged)
    }
}

extension RecordShape {
    /// Whether a record with these values is gone.
    func isExpired(_ values: FieldValues, now: Timestamp) -> Bool {
        guard let expiryField, case .timestamp(let end)? = values.first(of: expiryField) else { return false }
        return end <= now
    }
}
