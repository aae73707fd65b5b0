package import JSONFormat
public import KeyValue
public import ObjectStorage
public import Records
import SwiftProtobuf
public import Tuples

/// The files service: what it knows of files whose bytes lie elsewhere.
///
/// An upload is one record, and every action that changes it does so in one conditional write: there are no locks, and
/// nothing is left half done by a crash. Every method may be called from any task, concurrently.
public struct FilesService: Sendable {
    /// The name of the records' part of the store, unless said otherwise.
    public static let namespace = "files"

    let uploads: UploadRecords
    let providers: [String: any ObjectProvider]
    /// Where new uploads go.
    let primary: any ObjectProvider
    let configuration: FilesConfiguration
    let hooks: FilesHooks
    let environment: StoreEnvironment
    let waiting: ProcessingQueue

    /// Opens the service's records in a store.
    ///
    /// - Parameters:
    ///   - store: The store, which stays the caller's to close.
    ///   - providers: Where bytes go: new ones to the first, and those of before are found by its bucket's name.
    ///   - cursorKey: The secret that the cursors of lists are sealed with.
    ///   - configuration: Limits and times.
    ///   - hooks: What is done at certain points.
    ///   - namespace: The name of the records' part of the store.
    ///   - consistency: The least that is made do with, as `RecordStore` has it.
    ///   - environment: The time and the randomness that records need.
    ///   - wallClock: The time of day.
    /// - Throws: What `RecordStore` throws for stores and schemas that don't fit, and ``FilesError`` without a provider.
    public static func open(
        _ store: any KeyValueStore,
        providers: [any ObjectProvider],
        cursorKey: CursorKey,
        configuration: FilesConfiguration = FilesConfiguration(),
        hooks: FilesHooks = FilesHooks(),
        namespace: String = FilesService.namespace,
        requiring consistency: Consistency = .linearizable,
        environment: StoreEnvironment = .live,
        wallClock: @escaping @Sendable () -> Timestamp
    ) async throws -> FilesService {
        guard let primary = providers.first else {
            throw FilesError(.invalidParameters, "The service needs at least one place for bytes.")
        }
        return FilesService(
            uploads: try await UploadRecords.open(store, namespace, cursorKey, consistency, environment, wallClock),
            providers: Dictionary(providers.map { ($0.bucket, $0) }) { first, _ in first },
            primary: primary,
            configuration: configuration,
            hooks: hooks,
            environment: environment,
            waiting: ProcessingQueue(limit: configuration.waitingMax)
        )
    }

    /// Does what is asked for.
    ///
    /// - Parameters:
    ///   - action: What is to be done.
    ///   - body: Its parameters, a JSON object; nothing counts as an empty one.
    ///   - caller: On whose behalf.
    ///   - version: The version that the upload has to have, as an ``Answer`` told it; nil for any. Only for what changes
    ///     one upload.
    /// - Throws: ``FilesError`` for what is refused; what the store and the provider throw, of which nothing is known.
    public func perform(
        _ action: FilesAction,
        body: [UInt8],
        by caller: Caller,
        if version: String? = nil
    ) async throws -> Answer {
        guard let parameters = body.isEmpty ? .object([]) : JSON(parsing: body) else {
            throw FilesError(.invalidParameters, "The parameters are no JSON.")
        }
        return try await perform(action, parameters, by: caller, if: version)
    }

    /// The same with parameters that were read already.
    package func perform(
        _ action: FilesAction,
        _ value: JSON,
        by caller: Caller,
        if version: String? = nil
    ) async throws -> Answer {
        let parameters = try action.parameters(value)
        let condition = try FilesService.condition(version)
        switch action {
        case .upload: return try await upload(parameters, by: caller)
        case .finish: return try await finish(parameters, by: caller)
        case .process: return try await process(parameters, by: caller)
        case .update: return try await update(parameters, by: caller, if: condition)
        case .addTags: return try await addTags(parameters, by: caller, if: condition)
        case .access: return try await setAccess(parameters, by: caller, if: condition)
        case .remove: return try await remove(parameters, by: caller, if: condition)
        case .sync: return try await sync(by: caller)
        case .info: return try await info(parameters, by: caller)
        case .download: return try await download(parameters, by: caller)
        case .list: return try await list(parameters, by: caller)
        case .head: return try await head(parameters, by: caller)
        case .report: return try await report(parameters, by: caller)
        case .data: return try await data(parameters, by: caller)
        case .count: return try await count(parameters, by: caller)
        }
    }

    private static func condition(_ version: String?) throws(FilesError) -> RecordVersion? {
        guard let version else { return nil }
        guard let known = RecordVersion(text: version) else {
            throw FilesError(.versionMismatch, "The upload has another version: read it again and decide anew.")
        }
        return known
    }
}

extension RecordVersion {
    /// The version that its 32 hexadecimal digits tell.
    init?(text: String) {
        let digits = Array(text.utf8)
        guard digits.count == 32 else { return nil }
        var bytes: [UInt8] = []
        for start in stride(from: 0, to: 32, by: 2) {
            guard let byte = UInt8(String(decoding: digits[start..<start + 2], as: UTF8.self), radix: 16) else {
                return nil
            }
            bytes.append(byte)
        }
        self.init(bytes: bytes)
    }
}
