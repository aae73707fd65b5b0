#if PostgreSQL
import KeyValue
import PostgreSQLStore

/// Opens a store as the registry does.
func open(_ url: String, creating: Bool = true) async throws(StoreError) -> any KeyValueStore {
    var location = try StoreLocation(url)
    location.createsStore = creating
    return try await PostgreSQLDriver().open(location, environment: .live)
}
#endif
