import Drivers
import Foundation
import KeyValue
import Migration

/// What commands on a migration work with.
///
/// What takes a closure is not inlined: the optimiser of Swift 6.3 crashes when it makes one function of such calls within
/// each other.
extension CommandContext {
    /// Who asks, for the audit log: the user and the process.
    var actor: String { "\(NSUserName())@\(ProcessName.text)" }

    /// Opens the control store of a migration for the time of `body`.
    @inline(never)
    func withControl<Result>(
        _ location: MigrationLocation,
        creating: Bool = false,
        _ body: (ControlStore) async throws -> Result
    ) async throws -> Result {
        let store: any KeyValueStore
        let control: ControlStore
        do throws(StoreError) {
            (store, control) = try await registry.openControl(
                of: location,
                creating: creating,
                environment: environment
            )
        } catch {
            throw named(error, location.control)
        }
        do {
            let result = try await body(control)
            await store.close()
            return result
        } catch {
            await store.close()
            throw error
        }
    }

    /// Opens both sides of a migration for the time of `body`, or hands it nil where another process holds one of them.
    @inline(never)
    func withSides<Result>(
        _ location: MigrationLocation,
        _ control: ControlStore,
        creating: Bool = false,
        _ body: (MigrationStores?) async throws -> Result
    ) async throws -> Result {
        let urls = try location.sides()
        guard let source = try await openUnlessHeld(urls.source, creating: false) else { return try await body(nil) }
        do {
            guard let target = try await openUnlessHeld(urls.target, creating: creating) else {
                let result = try await body(nil)
                await source.close()
                return result
            }
            do {
                let stores = try MigrationStores(source: source, target: target, control: control)
                let result = try await body(stores)
                await target.close()
                await source.close()
                return result
            } catch {
                await target.close()
                throw error
            }
        } catch {
            await source.close()
            throw error
        }
    }

    private func openUnlessHeld(_ url: String, creating: Bool) async throws -> (any KeyValueStore)? {
        do throws(StoreError) {
            return try await registry.open(url, creating: creating, environment: environment)
        } catch {
            if error.code == .locked { return nil }
            throw named(error, url)
        }
    }

    /// Where a migration stands.
    func status(_ control: ControlStore) async throws(StoreError) -> MigrationOverview {
        try await control.status(milliseconds: WallClock.milliseconds())
    }
}

// MARK: - Steering

extension CommandContext {
    /// Has whoever leads the migration do something; where nobody works, this process does, if it can.
    func steer(_ location: MigrationLocation, _ control: ControlStore, _ command: OperatorCommand) async throws {
        let steering = Operator(control, name: actor, environment: environment)
        let isWorkedOn = try await steering.isSomebodyWorking()
        guard !isWorkedOn, location.source != nil, location.target != nil else {
            return try await finish(steering, try await steering.request(command))
        }
        try await withSides(location, control) { stores in
            let request = try await steering.request(command)
            guard let stores else { return try await finish(steering, request) }
            let host = MigrationHost(
                stores,
                name: ProcessName.text,
                copiers: 0,
                environment: environment,
                milliseconds: WallClock.milliseconds
            )
            let hosting = Task { await host.run() }
            do {
                try await finish(steering, request)
            } catch {
                hosting.cancel()
                await hosting.value
                throw error
            }
            hosting.cancel()
            await hosting.value
        }
    }

    /// Waits for the answer to a request. A leader that was killed is waited for as long as its lease.
    func finish(_ steering: Operator, _ request: Operator.Request) async throws {
        switch try await steering.outcome(of: request, takenWithin: .seconds(15)) {
        case .done: return
        case .failed(let reason): throw CommandError(.failed, reason)
        }
    }
}
