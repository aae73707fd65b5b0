import Drivers
package import KeyValue
package import Migration

/// Where a migration of the workload takes place: three URLs.
package struct MigrationPlace: Sendable {
    package var source: String
    package var target: String
    package var control: String

    package init(source: String, target: String, control: String) {
        self.source = source
        self.target = target
        self.control = control
    }

    /// Opens the stores, for a process of its own: those who share them must not close them.
    package func open() async throws(StoreError) -> MigrationStores {
        let registry = StoreRegistry.bundled
        let source = try await registry.open(source + accepting(source))
        let target = try await registry.open(target)
        let control = try ControlStore(try await registry.open(control), name: "workload")
        return try MigrationStores(source: source, target: target, control: control)
    }

    /// A source that was moved away from is opened all the same.
    private func accepting(_ url: String) -> String { (url.contains("?") ? "&" : "?") + "accept=moved" }
}

extension MigrationStores {
    /// The same for a part of the process that closes its own.
    package func shared() throws(StoreError) -> MigrationStores {
        let control = try ControlStore(SharedStore(base: control.store), name: control.name)
        return try MigrationStores(
            source: SharedStore(base: source),
            target: SharedStore(base: target),
            control: control
        )
    }
}

/// A store that others use too: closing it does nothing.
private struct SharedStore: StoreDecorator {
    let base: any KeyValueStore

    func around<Result: Sendable>(
        _ call: StoreCall,
        _ body: () async throws(StoreError) -> Result
    ) async throws(StoreError) -> Result {
        try await body()
    }

    func close() async {}
}
