import Foundation
import KeyValue
import Migration
import TestSupport

/// What a process does for a migration of the workload.
package enum Part: String, Sendable, CaseIterable {
    /// Reads and writes, as a few services.
    case clients
    /// Copies, and carries over changes.
    case worker
    /// Leads the migration.
    case lead
}

/// What one process of the workload is to do.
package struct ProcessPlan: Sendable {
    package var parts: [Part]
    package var place: MigrationPlace
    /// Where its history goes, and where the file is looked for that ends its clients.
    package var directory: String
    /// Tells processes apart, those too that come after another that was killed.
    package var number: Int
    package var seed: UInt64
    package var coldKeys: Int
    /// For how many milliseconds a client rests after each call, so that a history has as many as can be judged, and
    /// changes come no faster than they can be carried over.
    package var rest: Int

    package init(
        parts: [Part],
        place: MigrationPlace,
        directory: String,
        number: Int,
        seed: UInt64,
        coldKeys: Int,
        rest: Int
    ) {
        self.parts = parts
        self.place = place
        self.directory = directory
        self.number = number
        self.seed = seed
        self.coldKeys = coldKeys
        self.rest = rest
    }

    /// The plan that these arguments say.
    package init?(_ arguments: [String]) {
        guard arguments.count == 9, let number = Int(arguments[5]), let seed = UInt64(arguments[6]),
            let coldKeys = Int(arguments[7]), let rest = Int(arguments[8])
        else { return nil }
        parts = arguments[0].split(separator: ",").compactMap { Part(rawValue: String($0)) }
        place = MigrationPlace(source: arguments[1], target: arguments[2], control: arguments[3])
        directory = arguments[4]
        self.number = number
        self.seed = seed
        self.coldKeys = coldKeys
        self.rest = rest
    }

    package var arguments: [String] {
        [
            parts.map(\.rawValue).joined(separator: ","), place.source, place.target, place.control, directory,
            "\(number)", "\(seed)", "\(coldKeys)", "\(rest)",
        ]
    }

    /// The history of the process's clients.
    package var history: String { "\(directory)/history-\(number)" }

    /// The file whose existence ends all clients.
    package static func endMark(in directory: String) -> String { directory + "/end" }

    /// The file whose existence lets the migration come to its end.
    package static func calmMark(in directory: String) -> String { directory + "/calm" }

    private var isEnded: Bool { access(ProcessPlan.endMark(in: directory), F_OK) == 0 }
}

extension ProcessPlan {
    private static let services = 2
    private static let tasksOfService = 2

    /// Does it, until the migration is over, and clients until they are told.
    package func run() async throws {
        let stores = try await opened()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for part in parts {
                switch part {
                case .lead:
                    group.addTask {
                        let isCalm = { @Sendable in access(ProcessPlan.calmMark(in: directory), F_OK) == 0 }
                        try await Lead(stores, name: "lead \(number)", mayEnd: isCalm).run()
                        guard FileManager.default.createFile(atPath: directory + "/over", contents: nil) else {
                            throw WorkloadError("Nobody can be told that the migration is over.")
                        }
                    }
                case .worker:
                    group.addTask { await work(stores) }
                case .clients:
                    let log = try HistoryLog(history)
                    for service in 0..<ProcessPlan.services {
                        group.addTask { try await serve(service, stores, log) }
                    }
                }
            }
            try await group.waitForAll()
        }
        await stores.source.close()
        await stores.target.close()
        await stores.control.store.close()
    }

    /// Takes part as a host does that leads nobody, and says what keeps it from its work.
    private func work(_ stores: MigrationStores) async {
        let host = MigrationHost(
            stores,
            name: "worker \(number)",
            lease: .seconds(2),
            leads: false,
            milliseconds: Lead.milliseconds
        )
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await host.run() }
            group.addTask { await sayHindrances(stores.control) }
            await group.next()
            group.cancelAll()
        }
    }

    private func sayHindrances(_ control: ControlStore) async {
        var said: [String] = []
        while !Task.isCancelled {
            do {
                try await Lapse.of(.seconds(1))
                let workers = try await control.status(milliseconds: Lead.milliseconds()).workers
                let hindrances = workers.filter { !$0.hindrance.isEmpty }.map { "\($0.name): \($0.hindrance)" }
                if hindrances != said { for hindrance in hindrances { say(hindrance) } }
                said = hindrances
            } catch {
                // The control store is away, as it has to be at times: the host notices that too.
                continue
            }
        }
    }

    /// A server may be just about to start again.
    private func opened() async throws -> MigrationStores {
        try await untilReached { try await place.open() }
    }

    private func untilReached<Value>(_ body: () async throws -> Value) async throws -> Value {
        while true {
            do {
                return try await body()
            } catch let error as StoreError {
                guard [.unavailable, .timedOut, .outcomeUnknown, .locked].contains(error.code) else { throw error }
                say("opening: \(error.code.rawValue) \(error.message)")
                try await Lapse.of(.milliseconds(100))
            }
        }
    }

    /// One service with its own session, and some tasks in it.
    private func serve(_ service: Int, _ stores: MigrationStores, _ log: HistoryLog) async throws {
        let store = try await untilReached { try await MigratingStore.open(try stores.shared()) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<ProcessPlan.tasksOfService {
                let seed = seed &+ UInt64(number * 100 + service * 10 + task)
                group.addTask {
                    var client = LoadClient(store, log, coldKeys: coldKeys, seed: seed)
                    while !isEnded {
                        try await client.act()
                        try await Lapse.of(.milliseconds(rest))
                    }
                }
            }
            try await group.waitForAll()
        }
        await store.close()
    }
}
