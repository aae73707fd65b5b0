public import KeyValue

#if CloudflareKV
import CloudflareKVStore
#endif
#if CouchDB
import CouchDBStore
#endif
#if PostgreSQL
import PostgreSQLStore
#endif
#if Redis
import RedisStore
#endif
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
        #if PostgreSQL
        registry.register(PostgreSQLDriver())
        #endif
        #if Redis
        registry.register(RedisDriver())
        #endif
        #if CloudflareKV
        registry.register(CloudflareKVDriver())
        #endif
        #if CouchDB
        registry.register(CouchDBDriver())
        #endif
        return registry
    }
}
