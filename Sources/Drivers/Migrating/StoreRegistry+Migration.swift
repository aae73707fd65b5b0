public import KeyValue
public import Migration

extension StoreRegistry {
    /// Opens the control store of a migration alone. Throws `StoreError.Code.invalidArgument` for a URL that is wrong
    /// and a store that is not there, unless `creating`.
    public func openControl(
        of location: MigrationLocation,
        creating: Bool = false,
        environment: StoreEnvironment = .live
    ) async throws(StoreError) -> (store: any KeyValueStore, control: ControlStore) {
        let store = try await open(location.control, creating: creating, environment: environment)
        do throws(StoreError) {
            guard !store.capabilities.singleProcess else {
                throw .unsupported(
                    "A migration is controlled from a store that several processes reach: name another as control.",
                    ["control": store.system]
                )
            }
            return (store, try ControlStore(store, name: location.name, environment: environment))
        } catch {
            await store.close()
            throw error
        }
    }

    /// Opens the two sides of a migration, neither of which is made.
    func openSides(
        of location: MigrationLocation,
        _ control: ControlStore,
        environment: StoreEnvironment
    ) async throws(StoreError) -> MigrationStores {
        let urls = try location.sides()
        let source = try await open(urls.source, creating: false, environment: environment)
        do throws(StoreError) {
            let target = try await open(urls.target, creating: false, environment: environment)
            do throws(StoreError) {
                return try MigrationStores(source: source, target: target, control: control)
            } catch {
                await target.close()
                throw error
            }
        } catch {
            await source.close()
            throw error
        }
    }
}
