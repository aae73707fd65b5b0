public import KeyValue
import Records
public import Tuples

/// Brings uploads of another service into the records of this one.
///
/// Every call is one change, and may be made again: what is there stays. The service may be open meanwhile, but nobody
/// is to change what is being imported. Every method may be called from any task, concurrently.
public struct UploadImport: Sendable {
    /// What becomes of an upload that is there with other contents.
    public enum ExistingUpload: Hashable, Sendable {
        /// It stays.
        case keep
        /// The imported one takes its place.
        case replace
    }

    /// What came of an upload.
    public enum Outcome: Hashable, Sendable {
        /// It is there now.
        case saved
        /// It was there already.
        case unchanged
        /// It took the place of one with other contents.
        case replaced
        /// One with other contents is there, and stayed.
        case kept
    }

    /// What came of an upload, and whether it has the alias that it was imported with.
    public struct Result: Hashable, Sendable {
        /// What came of it.
        public let outcome: Outcome
        /// Whether it has its alias; true where it had none.
        public let hasAlias: Bool
    }

    /// What came of an alias.
    public enum AliasOutcome: Hashable, Sendable {
        /// It leads to the upload already.
        case unchanged
        /// It leads to the upload now, and to no other as before, which has none any more; nil if it led nowhere.
        case moved(from: String?)
        /// The upload has another alias, which stayed.
        case second(String)
        /// There is no such upload of the owner.
        case noUpload
    }

    let uploads: UploadRecords

    /// Opens the service's records in a store.
    ///
    /// - Parameters:
    ///   - store: The store, which stays the caller's to close.
    ///   - namespace: The name of the records' part of the store.
    ///   - consistency: The least that is made do with, as `RecordStore` has it.
    ///   - environment: The time and the randomness that records need.
    ///   - wallClock: The time of day.
    /// - Throws: What `RecordStore` throws for stores and schemas that don't fit.
    public static func open(
        _ store: any KeyValueStore,
        namespace: String = FilesService.namespace,
        requiring consistency: Consistency = .linearizable,
        environment: StoreEnvironment = .live,
        wallClock: @escaping @Sendable () -> Timestamp
    ) async throws -> UploadImport {
        UploadImport(
            uploads: try await UploadRecords.open(store, namespace, nil, consistency, environment, wallClock)
        )
    }

    /// Saves an upload of which ``ImportedUpload/objection`` is nil. An alias that another upload has is left out.
    ///
    /// - Throws: ``FilesError`` for an upload with an objection, and what the store throws.
    public func save(_ upload: ImportedUpload, ifExists policy: ExistingUpload = .keep) async throws -> Result {
        guard upload.objection == nil else {
            throw FilesError(.invalidParameters, "The upload can't be one of this service's.")
        }
        let wanted = StoredUpload(upload)
        do {
            return try await put(wanted, policy)
        } catch let error as RecordError where error.code == .notUnique {
            return Result(outcome: try await put(wanted.withoutAlias, policy).outcome, hasAlias: false)
        }
    }

    private func put(_ wanted: StoredUpload, _ policy: ExistingUpload) async throws -> Result {
        do {
            _ = try await uploads.insert(wanted)
            return Result(outcome: .saved, hasAlias: true)
        } catch let error as RecordError where error.code == .alreadyExists {}
        let found = try await uploads.records.get(try uploads.address(wanted.id), as: uploads.type)
        // Removed in between, which only somebody does who uses the records already.
        guard let found else { throw FilesError(.contended, "Others change the records: import before they are used.") }
        let hasAlias = !wanted.hasAlias || (found.message.hasAlias && found.message.alias == wanted.alias)
        switch policy {
        case .keep:
            let isSame = wanted.withoutAlias == found.message.withoutAlias
            return Result(outcome: isSame ? .unchanged : .kept, hasAlias: hasAlias)
        case .replace where found.message == wanted: return Result(outcome: .unchanged, hasAlias: hasAlias)
        case .replace: break
        }
        _ = try await uploads.records.save(wanted, as: uploads.type, if: .version(found.version))
        return Result(outcome: .replaced, hasAlias: true)
    }

    /// Lets an owner's alias lead to an upload, and to no other.
    ///
    /// - Parameters:
    ///   - alias: The alias.
    ///   - owner: The owner.
    ///   - id: The upload.
    ///   - isCurrent: Tells of the alias that the upload has, whether it leads there for good; otherwise it is replaced.
    public func settle(
        alias: String,
        of owner: String,
        to id: String,
        isCurrent: @Sendable (_ alias: String) -> Bool
    ) async throws -> AliasOutcome {
        guard TextForm.uuid.holds(id), let upload = try await uploads.get(id.lowercased())?.upload,
            upload.owner == owner
        else { return .noUpload }
        if upload.hasAlias {
            if upload.alias == alias { return .unchanged }
            if isCurrent(upload.alias) { return .second(upload.alias) }
        }
        let holder = try await uploads.find(alias: alias, of: owner)?.upload.id
        if let holder {
            // Unless it has got its own in between.
            _ = try await uploads.change(holder) { if $0.alias == alias { $0.clearAlias() } }
        }
        _ = try await uploads.change(upload.id) { $0.alias = alias }
        return .moved(from: holder)
    }

    /// Removes an upload's record, and no bytes; whether there was one.
    ///
    /// - Throws: ``FilesError/Code/contended`` when somebody else changes it, and what the store throws.
    public func remove(_ id: String) async throws -> Bool {
        guard TextForm.uuid.holds(id),
            let found = try await uploads.records.get(try uploads.address(id), as: uploads.type)
        else { return false }
        do {
            try await uploads.delete(id, if: found.version)
        } catch let error as FilesError where error.code == .versionMismatch {
            throw FilesError(.contended, "Others change the records: import before they are used.")
        }
        return true
    }

    /// The uploads that an owner's aliases lead to, by the alias. It reads a record for each.
    public func aliases(of owner: String) async throws -> [String: String] {
        var found: [String: String] = [:]
        try await uploads.visitAliases(of: owner) { found[$0.alias] = $0.id }
        return found
    }

    /// Calls `body` with the identifiers of all uploads, page by page, also of those whose time is over. It may remove them.
    public func visit(_ body: ([String]) async throws -> Void) async throws {
        try await uploads.visitAll { try await body($0.map(\.id)) }
    }
}
