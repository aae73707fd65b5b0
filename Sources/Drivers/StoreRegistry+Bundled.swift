public import KeyValue

#if S3
import BucketStore
#endif
#if CloudflareKV
import CloudflareKVStore
#endif
#if CouchDB
import CouchDBStore
#endif
#if DynamoDB
import DynamoDBStore
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
        #if DynamoDB
        registry.register(DynamoDBDriver())
        #endif
        #if S3
        registry.register(BucketDriver())
        #endif
        #if CloudflareKV
        registry.register(CloudflareKVDriver())
        #endif
        #if CouchDB
        registry.register(CouchDBDriver())
        #endif
        registry.register(MigrationDriver(registry))
        return registry
    }
}
