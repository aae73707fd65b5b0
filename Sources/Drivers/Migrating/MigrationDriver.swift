public import KeyValue
import Migration

/// Opens `migration:NAME?control=URL&source=URL&target=URL`: the store of a service whose records are on their way from
/// one store to another, or are about to be, or have arrived.
///
/// The service opens it once and runs through every step. Where one of the two stores is held by a single process, this
/// one holds it, so it also hosts the migration: copies, carries changes over and makes the steps that operators ask
/// for. With `host=yes` it does so anyway, with `host=no` never.
///
/// When the migration has been finished, the target alone is opened: there is nothing left to follow.
public struct MigrationDriver: StoreDriver {
    private let stores: StoreRegistry

    /// A driver for migrations between stores that `stores` can open.
    public init(_ stores: StoreRegistry) { self.stores = stores }

    public var schemes: [String] { [MigrationLocation.scheme] }

    /// Each of the stores inside is held to what its own kind gives by default.
    public var defaultDurability: Durability { .none }

    public func open(
        _ location: StoreLocation,
        environment: StoreEnvironment
    ) async throws(StoreError) -> any KeyValueStore {
        let migration = try MigrationLocation(location)
        _ = try migration.sides()
        let (store, control) = try await stores.openControl(of: migration, environment: environment)
        do throws(StoreError) {
            if let target = try await finishedTarget(of: migration, control, environment) {
                await store.close()
                return target
            }
            let sides = try await stores.openSides(of: migration, control, environment: environment)
            return try await open(migration, sides, environment)
        } catch {
            await store.close()
            throw error
        }
    }

    private func open(
        _ migration: MigrationLocation,
        _ sides: MigrationStores,
        _ environment: StoreEnvironment
    ) async throws(StoreError) -> any KeyValueStore {
        let store: MigratingStore
        do throws(StoreError) {
            store = try await MigratingStore.open(sides, environment: environment)
        } catch {
            await sides.source.close()
            await sides.target.close()
            throw error
        }
        let isHeld = sides.source.capabilities.singleProcess || sides.target.capabilities.singleProcess
        guard migration.isHosting ?? isHeld else { return store }
        let host = MigrationHost(
            sides,
            name: ProcessName.text,
            environment: environment,
            milliseconds: WallClock.milliseconds
        )
        return HostingStore(store, host)
    }

    /// The target, when the migration has been finished: the source refuses to be opened then.
    private func finishedTarget(
        of migration: MigrationLocation,
        _ control: ControlStore,
        _ environment: StoreEnvironment
    ) async throws(StoreError) -> (any KeyValueStore)? {
        let record = try await control.read()
        guard record.isFinished else { return nil }
        let target = try await stores.open(migration.sides().target, creating: false, environment: environment)
        do throws(StoreError) {
            try await record.requireTarget(target, environment: environment)
            return target
        } catch {
            await target.close()
            throw error
        }
    }
}

/// The store of a service that hosts its own migration.
private final class HostingStore: StoreDecorator {
    let base: any KeyValueStore
    private let hosting: Task<Void, Never>

    init(_ base: any KeyValueStore, _ host: MigrationHost) {
        self.base = base
        hosting = Task { await host.run() }
    }

    func around<Result: Sendable>(
        _ call: StoreCall,
        _ body: () async throws(StoreError) -> Result
    ) async throws(StoreError) -> Result { try await body() }

    func close() async {
        hosting.cancel()
        await hosting.value
        await base.close()
    }
}
