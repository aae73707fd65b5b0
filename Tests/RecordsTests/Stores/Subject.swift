import Drivers
import Foundation
import KeyValue
import TestServers
import TestSupport
import Testing
import Tuples

@testable import Records

/// A kind of store that the suites run on. One that joins adds itself to ``all``, with a line.
struct Subject: Sendable, CustomTestStringConvertible {
    static let all: [Subject] = memory + servers

    /// Those that can answer every query.
    static let ordered = all.filter(\.isOrdered)

    static let memory = MemoryProfile.all.filter { $0.capabilities.conditionalWrite }.map(inMemory)

    static let servers: [Subject] = {
        var subjects: [Subject] = []
        #if SQLite
        subjects.append(
            Subject("sqlite") {
                let directory = try TemporaryDirectory()
                return Place(at: "sqlite:\(directory.path)/records.db", in: directory)
            }
        )
        #endif
        #if PostgreSQL
        subjects.append(Subject("postgresql") { Place(at: try await PostgreSQLServer.shared().makeDatabase()) })
        #endif
        #if Redis
        subjects.append(Subject("redis") { Place(underNewPrefixAt: try await RedisServer.shared().url) })
        subjects.append(Subject("redis-cluster") { Place(underNewPrefixAt: try await RedisCluster.shared().url) })
        #endif
        let runsAll = ProcessInfo.processInfo.environment["WHEREHOUSE_ALL_RECORDS"] != nil
        return subjects + (runsAll ? remote : [])
    }()

    /// Stores over HTTP, of which imitations answer: slowly, so that ``RemoteStoreTests`` alone run on them unless
    /// `WHEREHOUSE_ALL_RECORDS` is set.
    static let remote: [Subject] = {
        // A change takes ten requests or so, each behind those of every other test.
        let lease = Duration.seconds(20)
        var subjects: [Subject] = []
        #if CouchDB
        for copies in [1, 3] {
            subjects.append(
                Subject(copies == 1 ? "couchdb" : "couchdb-cluster", schemaLease: lease) {
                    let server = try ScriptedCouchDB.start(users: ["u": "p"], copies: copies)
                    return Place(beyond: "couchdb://u:p@127.0.0.1:\(server.port)/db?timeout=300", on: server)
                }
            )
        }
        #endif
        #if DynamoDB
        subjects.append(
            Subject("dynamodb", schemaLease: lease) {
                let server = try await MotoServer.shared()
                return Place(beyond: server.url(ofTable: "records-\(UUID().uuidString)"), on: server)
            }
        )
        #endif
        #if S3
        subjects.append(
            Subject("s3", isOrdered: false, schemaLease: lease) {
                let server = try await MotoServer.shared()
                return Place(beyond: try server.url(ofBucket: "records", prefix: UUID().uuidString), on: server)
            }
        )
        #endif
        return subjects
    }()

    let name: String
    /// Whether keys are read in their order, in both directions.
    private let isOrdered: Bool
    /// Whether what is closed can be opened again.
    let restarts: Bool
    /// For how long a schema may be leased: longer than any call takes, even where several builds of this project run at
    /// once.
    let schemaLease: Duration
    let makePlace: @Sendable () async throws -> Place
    var testDescription: String { name }

    private init(
        _ name: String,
        isOrdered: Bool = true,
        restarts: Bool = true,
        schemaLease: Duration = .seconds(2),
        makePlace: @escaping @Sendable () async throws -> Place
    ) {
        self.name = name
        self.isOrdered = isOrdered
        self.restarts = restarts
        self.schemaLease = schemaLease
        self.makePlace = makePlace
    }

    static func inMemory(_ profile: MemoryProfile) -> Subject {
        let capabilities = profile.capabilities
        let isOrdered = capabilities.order >= .partition && capabilities.reverseScan
        return Subject(profile.name, isOrdered: isOrdered, restarts: false) {
            let store = MemoryStore(profile)
            return Place(store)
        }
    }

    /// Runs a test on a new store.
    func run(_ body: (any KeyValueStore) async throws -> Void) async throws {
        let place = try await makePlace()
        let store = try await place.open()
        do {
            try await body(store)
        } catch {
            await store.close()
            throw error
        }
        await store.close()
    }
}

/// One place for a store, empty at first, which can be opened more than once.
struct Place: Sendable {
    let open: @Sendable () async throws -> any KeyValueStore

    /// A store that is there already.
    init(_ store: any KeyValueStore) { open = { store } }

    /// A store by its URL. What is done here is done again by the next test, so nothing of it has to be durable.
    fileprivate init(at url: String, in directory: TemporaryDirectory? = nil) {
        let separator = url.contains("?") ? "&" : "?"
        open = {
            // The directory is there for as long as this closure.
            _ = directory
            return try await StoreRegistry.bundled.open(url + separator + "accept=relaxed")
        }
    }

    /// One that a server keeps, which is there for as long as the place.
    fileprivate init(beyond url: String, on server: any Sendable) {
        open = {
            _ = server
            return try await StoreRegistry.bundled.open(url)
        }
    }

    fileprivate init(underNewPrefixAt url: String) { self.init(at: url + "?prefix=\(UUID().uuidString):") }
}

extension RecordStore {
    /// Records of tests, at a moment that stands still.
    static func ofTests(
        _ store: any KeyValueStore,
        _ types: [any RecordTypeDeclaration],
        namespace: String = "t",
        at now: Timestamp = Timestamp(milliseconds: 50_000)
    ) async throws -> RecordStore {
        try await RecordStore.open(
            store,
            namespace: namespace,
            types: types,
            cursorKey: CursorKey(high: 1, low: 2),
            requiring: .exclusiveWrites
        ) { now }
    }
}
