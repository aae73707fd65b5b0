import KeyValue

/// What a change makes of a record.
enum Edited: Sendable {
    case deleted
    case encoded([UInt8])
    /// Of which the fields are known.
    case content(RecordContent)

    func content(_ shape: RecordShape) throws(RecordError) -> RecordContent? {
        switch self {
        case .deleted: nil
        case .encoded(let body): RecordContent(body: body[...], values: try shape.extract(body[...]))
        case .content(let content): content
        }
    }
}

/// What is to become of one record.
struct Change: Sendable {
    /// What has to hold of the record.
    enum Condition: Hashable, Sendable {
        case none
        case absent
        case present
        case version(RecordVersion)
        /// It is past its expiry; otherwise nothing is done.
        case expired
    }

    /// What whoever changes it knows of the row, so that it need not be read: the change is made only over that, and
    /// otherwise begins anew by reading it.
    enum Knowledge: Sendable {
        case nothing
        /// Nobody has written it.
        case vacant
        case entry(Entry)
    }

    let key: Key
    let condition: Condition
    let knowledge: Knowledge
    /// What becomes of the message that is there, if one is.
    let edit: @Sendable (ArraySlice<UInt8>?) throws -> Edited
    /// The index that the record, which stays as it is, is to be entered in anew.
    let entering: String?

    init(
        key: Key,
        condition: Condition,
        knowing knowledge: Knowledge = .nothing,
        editing edit: @escaping @Sendable (ArraySlice<UInt8>?) throws -> Edited
    ) {
        self.key = key
        self.condition = condition
        self.knowledge = knowledge
        self.edit = edit
        entering = nil
    }

    /// A change by the bytes of messages; nil to delete the record.
    init(key: Key, condition: Condition, edit: @escaping @Sendable (ArraySlice<UInt8>?) throws -> [UInt8]?) {
        self.init(key: key, condition: condition, editing: { try edit($0).map { .encoded($0) } ?? .deleted })
    }

    /// Enters a record in an index, as if it had not known of it. One that has expired is deleted.
    init(entering key: Key, in index: String) {
        self.key = key
        condition = .none
        knowledge = .nothing
        edit = { _ in .deleted }
        entering = index
    }

    /// Throws unless the condition holds of what was read.
    func judge(_ live: Envelope?, _ shape: RecordShape) throws(RecordError) {
        let subject = ["type": shape.name]
        switch condition {
        case .none, .expired: return
        case .absent:
            guard live != nil else { return }
            throw RecordError(.alreadyExists, "A record with this primary key is there already.", subject)
        case .present:
            guard live == nil else { return }
            throw RecordError(.notFound, "There is no record with this primary key.", subject)
        case .version(let version):
            guard let live else {
                throw RecordError(.notFound, "There is no record with this primary key.", subject)
            }
            guard live.version != version else { return }
            throw RecordError(
                .versionMismatch,
                "The record was changed: read it again and decide anew.",
                subject.merging(["version": "\(live.version)"]) { $1 }
            )
        }
    }
}

/// What a change did.
struct ChangeReceipt: Hashable, Sendable {
    /// The record's version now; nil when it is gone.
    var version: RecordVersion?
    /// Whether there was a record before.
    var existed: Bool
    /// Whether rows beside the record are still to be brought in line: the sweeper does it.
    var indexesPending = false
}
