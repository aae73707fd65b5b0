public import KeyValue

#if SQLite
import SQLiteStore
#endif

extension StoreRegistry {
    /// Every store that this build brings along: the one list of them.
    public static var bundled: StoreRegistry {
        var registry = StoreRegistry([MemoryDriver()])
        #if SQLite
        registry.register(SQLiteDriver())
        #endif
        return registry
    }
}
