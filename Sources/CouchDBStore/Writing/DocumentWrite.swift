#if CouchDB
import KeyValue
import StoreHTTP

/// One batch on its way: it is one operation.
struct DocumentWrite: Sendable {
    /// How many documents one request writes.
    static let countMax = 500
    /// With how many bytes of values a request is large enough.
    static let bytesMax = 4 << 20

    /// What is known of the row that is there.
    enum Row: Sendable {
        case unread
        case read(StoredDocument?)
    }

    let operation: WriteBatch.Operation
    let epoch: UInt64?
    let nonce: UInt64
    var row = Row.unread
    var result: Result<WriteReceipt, StoreError>?
    /// Whether the first attempt has been made, which may do without the row.
    private var isRepeated = false

    init(_ batch: WriteBatch, nonce: UInt64) {
        // One without operations is refused before it is looked at.
        operation = batch.operations.first ?? .init(.check, at: Key(partition: [], bytes: []))
        epoch = batch.epoch
        self.nonce = nonce
    }

    var isDeletion: Bool { operation.action == .delete }

    /// About how many bytes its document has.
    var bytes: Int {
        if case .put(let value) = operation.action { value.count + 1_024 } else { 1_024 }
    }

    /// Whether the row has to be read before: not where the server can judge by itself what it replaces, unless it has
    /// done so and said no.
    func needsRow(in store: StoreIdentity) -> Bool {
        guard result == nil, case .unread = row else { return false }
        switch (operation.action, operation.precondition) {
        case (.put, nil), (.put, .vacant), (.bury, .vacant): return isRepeated
        case (.put, .revision(let revision)), (.bury, .revision(let revision)):
            return isRepeated || revision.native(at: operation.key, in: store) == nil
        default: return true
        }
    }

    /// Judges the precondition over the row that was read; sets the result where nothing has to be sent.
    mutating func judge(in store: StoreIdentity) {
        isRepeated = true
        guard case .read(let present) = row else { return }
        let entry = present?.entry(at: operation.key, in: store)
        if let conflict = operation.conflict(with: entry) {
            result = .failure(.preconditionFailed([conflict]))
        } else if operation.action == .check {
            result = .success(WriteReceipt([.init()]))
        } else if isDeletion, present == nil {
            result = .success(WriteReceipt([.init(existed: false)]))
        }
    }

    /// Appends the document that is sent.
    func append(to documents: inout [UInt8], in store: StoreIdentity) {
        StoredDocument.append(
            operation.action,
            id: DocumentID.of(operation.key),
            nonce: nonce,
            replacing: replacedRevision(in: store),
            to: &documents
        )
    }

    private func replacedRevision(in store: StoreIdentity) -> String? {
        if case .read(let present) = row { return present?.revision }
        guard case .revision(let revision) = operation.precondition else { return nil }
        return revision.native(at: operation.key, in: store).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The server has taken it under this revision.
    mutating func succeed(_ revision: String, in store: StoreIdentity) {
        guard !isDeletion else {
            var existed = false
            if case .read(let present?) = row { existed = !present.isTombstone }
            result = .success(WriteReceipt([.init(existed: existed)]))
            return
        }
        let written = Revision(store: store, key: operation.key, nonce: nonce, native: Array(revision.utf8))
        result = .success(WriteReceipt([.init(revision: written)]))
    }
}
#endif
