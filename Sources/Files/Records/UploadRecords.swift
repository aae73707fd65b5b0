import KeyValue
import Records
import SwiftProtobuf
import Synchronization
import Tuples

/// An upload as it was read.
struct FoundUpload: Sendable {
    let stored: RecordStore.Stored<StoredUpload>

    var upload: StoredUpload { stored.message }
    var version: RecordVersion { stored.version }
}

/// Uploads in the store.
struct UploadRecords: Sendable {
    let records: RecordStore
    let type: RecordType<StoredUpload>
    let wallClock: @Sendable () -> Timestamp

    /// Opens them in a store; without a key for cursors where nobody is given one.
    static func open(
        _ store: any KeyValueStore,
        _ namespace: String,
        _ cursorKey: CursorKey?,
        _ consistency: Consistency,
        _ environment: StoreEnvironment,
        _ wallClock: @escaping @Sendable () -> Timestamp
    ) async throws -> UploadRecords {
        let type = try UploadType.make()
        let records = try await RecordStore.open(
            store,
            namespace: namespace,
            types: [type],
            cursorKey: cursorKey ?? CursorKey(high: 0, low: 0),
            requiring: consistency,
            environment: environment,
            wallClock: wallClock
        )
        return UploadRecords(records: records, type: type, wallClock: wallClock)
    }

    /// The time of day in milliseconds since 1970.
    func now() -> Int64 {
        let now = wallClock()
        return now.seconds &* 1_000 &+ Int64(now.nanoseconds / 1_000_000)
    }

    /// An upload with its version; nil where there is none, or none any more.
    func get(_ id: String) async throws -> FoundUpload? {
        shown(try await records.get(try address(id), as: type))
    }

    private func shown(_ stored: RecordStore.Stored<StoredUpload>?) -> FoundUpload? {
        stored.flatMap { isOver($0.message) ? nil : FoundUpload(stored: $0) }
    }

    /// Whether its time is over: nobody is shown it, and ``FilesService/removeExpired()`` removes it.
    func isOver(_ upload: StoredUpload) -> Bool {
        upload.hasExpiresAtMilliseconds && upload.expiresAtMilliseconds <= now()
    }

    /// Stores a new upload.
    func insert(_ upload: StoredUpload) async throws -> RecordVersion? {
        var upload = upload
        upload.derive()
        return try await records.save(upload, as: type, if: .absent).version
    }

    /// Changes an upload by what `edit` makes of it, which is called again when somebody was faster.
    ///
    /// - Parameters:
    ///   - id: Which upload.
    ///   - found: The same as it was just read, if it was.
    ///   - version: The version that it has to have; nil for any.
    /// - Returns: The upload as it is now, its version, and what `edit` returned the last time.
    func change<Result: Sendable>(
        _ id: String,
        from found: FoundUpload? = nil,
        if version: RecordVersion? = nil,
        _ edit: @escaping @Sendable (inout StoredUpload) throws -> Result
    ) async throws -> (upload: StoredUpload, version: RecordVersion?, result: Result) {
        let last = Mutex<(StoredUpload, Result)?>(nil)
        let condition = version.map { RecordStore.Condition.version($0) } ?? .present
        let change: @Sendable (inout StoredUpload) throws -> Void = { upload in
            guard !isOver(upload) else { throw FilesError.noUpload }
            let result = try edit(&upload)
            upload.derive()
            last.withLock { $0 = (upload, result) }
        }
        let receipt: RecordStore.Receipt
        do {
            receipt =
                if let found {
                    try await records.update(found.stored, as: type, if: condition, change)
                } else {
                    try await records.update(try address(id), as: type, if: condition, change)
                }
        } catch let error as RecordError {
            throw UploadRecords.refusal(error)
        }
        guard let (upload, result) = last.withLock({ $0 }) else { throw FilesError.noUpload }
        return (upload, receipt.version, result)
    }

    /// Deletes an upload of a version.
    func delete(_ id: String, if version: RecordVersion) async throws {
        do {
            try await records.delete(try address(id), as: type, if: .version(version))
        } catch let error as RecordError {
            throw UploadRecords.refusal(error)
        }
    }

    /// The upload that an owner gave an alias.
    func find(alias: String, of owner: String) async throws -> FoundUpload? {
        shown(try await records.get(holding: [.string(owner), .string(alias)], of: "alias", as: type))
    }

    func address(_ id: String) throws(RecordError) -> RecordAddress { try type.address(primaryKey: [.string(id)]) }

    private static func refusal(_ error: RecordError) -> any Error {
        switch error.code {
        case .notFound: FilesError.noUpload
        case .versionMismatch:
            FilesError(.versionMismatch, "The upload has another version: read it again and decide anew.")
        case .contended: FilesError(.contended, "Others changed the upload again and again: try later.")
        default: error
        }
    }
}

extension UploadRecords {
    /// How many uploads are read at once by what looks after them.
    private static let pageMax = 200

    /// Calls `body` with the uploads of a status one by one, those that began first before others.
    ///
    /// - Parameters:
    ///   - status: Which status.
    ///   - begunBy: Until when they have to have begun, in milliseconds since 1970; nil for any time.
    ///   - body: What is done with each.
    func visit(
        _ status: Status,
        begunBy: Int64? = nil,
        _ body: (StoredUpload) async throws -> Void
    ) async throws {
        let begun = begunBy.map { Filter.compare("started_at", .lessOrEqual, .integer($0)) }
        let hasStatus = Filter.compare("status", .equal, .integer(status.rawValue))
        let filter = Filter.and([UploadRecords.anywhere, hasStatus] + [begun].compactMap { $0 })
        try await visit(filter, orderedBy: ["started_at"]) { uploads in
            for upload in uploads where !isOver(upload) {
                try Task.checkCancellation()
                try await body(upload)
            }
        }
    }

    /// Calls `body` with all uploads, page by page, also with those whose time is over.
    func visitAll(_ body: ([StoredUpload]) async throws -> Void) async throws {
        try await visit(UploadRecords.anywhere, orderedBy: [], body)
    }

    /// What holds of every upload, and is found in the few partitions of one index.
    private static var anywhere: Filter {
        .or(Place.allCases.map { .any("ranked", .equal, .string($0.rawValue)) })
    }

    /// Calls `body` with the uploads of an owner that have an alias, one by one.
    func visitAliases(of owner: String, _ body: (StoredUpload) async throws -> Void) async throws {
        try await visit(UploadRecords.aliases(of: owner), orderedBy: []) { for upload in $0 { try await body(upload) } }
    }

    private static func aliases(of owner: String) -> Filter { .any("aliased", .equal, .string(owner)) }

    private func visit(
        _ filter: Filter,
        orderedBy order: [SortKey],
        _ body: ([StoredUpload]) async throws -> Void
    ) async throws {
        var query = Query(filter, orderedBy: order, limit: UploadRecords.pageMax, allowsScan: false)
        repeat {
            let page = try await records.find(query, as: type)
            try await body(page.records.map(\.message))
            query.cursor = page.cursor
        } while query.cursor != nil
    }

    /// Calls `body` with the uploads whose time is over, one by one.
    func visitOver(_ body: (StoredUpload, RecordVersion) async throws -> Void) async throws {
        var query = Query(
            .and([.any("expiring", .equal, .bool(true)), .compare("expires_at", .lessOrEqual, .integer(now()))]),
            orderedBy: ["expires_at"],
            limit: UploadRecords.pageMax,
            allowsScan: false
        )
        repeat {
            let page = try await records.find(query, as: type)
            for found in page.records {
                try Task.checkCancellation()
                try await body(found.message, found.version)
            }
            query.cursor = page.cursor
        } while query.cursor != nil
    }

    /// How many uploads of an owner are in a place, or of everybody.
    func total(_ place: Place, of owner: String?) async throws -> RecordStore.Total {
        if let owner {
            return try await records.total("owner_count", of: [.string(owner), .string(place.rawValue)], as: type)
        }
        return try await records.total("count", of: [.string(place.rawValue)], as: type)
    }

    /// How many bytes an owner keeps in a place.
    func bytes(_ place: Place, of owner: String) async throws -> RecordStore.Total {
        try await records.total("owner_bytes", of: [.string(owner), .string(place.rawValue)], as: type)
    }

    /// Whether an owner has given any alias.
    func hasAliases(_ owner: String) async throws -> Bool {
        let query = Query(UploadRecords.aliases(of: owner), limit: 1, allowsScan: false)
        return try await !records.find(query, as: type).records.isEmpty
    }
}
