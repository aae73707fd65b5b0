import Drivers
import Files
import KeyValue
import Records

#if HTTP
import HTTPAPI
#endif

/// What a service keeps that may lie in a store of its own.
enum ServicePart: String, CaseIterable {
    /// The uploads of the files service, with all that belongs to them.
    case uploads
    #if HTTP
    /// The answers that are kept for requests which come again.
    case answers
    #endif

    /// What its partitions begin with.
    func prefix() throws(StoreError) -> [UInt8] {
        switch self {
        case .uploads:
            do throws(RecordError) {
                return try RecordStore.partitionPrefix(of: FilesService.namespace)
            } catch {
                throw .invalidArgument("The namespace can't be named.", ["cause": error.message])
            }
        #if HTTP
        case .answers: return KeptAnswers.partitionPrefix
        #endif
        }
    }

    /// Where it lies.
    func store(in store: any KeyValueStore) throws(StoreError) -> any KeyValueStore {
        guard let split = store as? SplitStore else { return store }
        return split.store(of: try prefix())
    }
}

extension StoreRegistry {
    /// What commands open: every store that this build brings along, stores that are split by what services keep, and
    /// migrations of all of these.
    static var ofCommands: StoreRegistry {
        var registry = StoreRegistry.bundled
        let names = ServicePart.allCases.map(\.rawValue).sorted()
        registry.register(
            SplitDriver(registry, parts: names) { (name) throws(StoreError) in
                try ServicePart(rawValue: name)?.prefix() ?? []
            }
        )
        registry.register(MigrationDriver(registry))
        return registry
    }
}
