#if SQLite
import CSQLite
import KeyValue
import KeyValueConformance
import Synchronization
import TestSupport
import Testing

@testable import SQLiteStore

@Suite struct ConformanceTests {
    @Test(arguments: SQLiteConfiguration.Synchronous.allCases)
    func meetsTheContract(_ synchronous: SQLiteConfiguration.Synchronous) async {
        let subject = ConformanceSubject("sqlite-\(synchronous.rawValue)") {
            let directory = try TemporaryDirectory()
            let faults = Faults()
            return ConformancePlace(
                open: {
                    let store = try await SQLiteStore.open(
                        path: directory.file(),
                        configuration: SQLiteConfiguration(synchronous: synchronous)
                    )
                    return faults.watch(store)
                },
                reopens: true,
                startWriter: {
                    try KilledWriter("sqlite:\(directory.file())?accept=relaxed&synchronous=\(synchronous.rawValue)")
                },
                inject: { try await faults.inject($0) }
            )
        }
        let report = await ConformanceSuite.run(subject)
        print(report.line)
        // For stores that several processes share.
        for problem in report.problems(mayLack: { [.offer(.openers), .changeFeed].contains($0) }) {
            Issue.record("\(problem)")
        }
    }
}

/// Brings about failures: of reads in SQLite itself, of replies between the store and its caller.
private final class Faults: Sendable {
    private let store = Mutex<SQLiteStore?>(nil)
    private let losesReply = Mutex(false)

    func watch(_ opened: SQLiteStore) -> any KeyValueStore {
        store.withLock { $0 = opened }
        return FaultInjectingStore(opened) { call in
            guard call.changesStore else { return nil }
            return self.losesReply.withLock { losesReply in
                defer { losesReply = false }
                return losesReply ? .loseReply : nil
            }
        }
    }

    func inject(_ fault: InjectedFault) async throws {
        switch fault {
        case .lostReply: losesReply.withLock { $0 = true }
        case .readFails:
            // The connection that comes back last is lent first.
            let pool = try #require(store.withLock { $0 }).pool
            let connection = try await pool.borrow()
            let handle = connection.handle
            sqlite3_progress_handler(
                handle,
                1,
                { handle in
                    sqlite3_progress_handler(OpaquePointer(handle), 0, nil, nil)
                    return 1
                },
                UnsafeMutableRawPointer(handle)
            )
            pool.giveBack(connection)
        }
    }
}
#endif
