// swift-tools-version: 6.3

import PackageDescription

let package = Package(
    name: "wherehouse",
    products: [
        .library(name: "KeyValue", targets: ["KeyValue"]),
        .library(name: "KeyValueConformance", targets: ["KeyValueConformance"]),
        .library(name: "SQLiteStore", targets: ["SQLiteStore"]),
        .library(name: "PostgreSQLStore", targets: ["PostgreSQLStore"]),
        .library(name: "RedisStore", targets: ["RedisStore"]),
        .library(name: "BucketStore", targets: ["BucketStore"]),
        .library(name: "DynamoDBStore", targets: ["DynamoDBStore"]),
        .library(name: "CouchDBStore", targets: ["CouchDBStore"]),
        .library(name: "CloudflareKVStore", targets: ["CloudflareKVStore"]),
        .library(name: "Tuples", targets: ["Tuples"]),
        .library(name: "IPLD", targets: ["IPLD"]),
        .library(name: "UCAN", targets: ["UCAN"]),
        .library(name: "Records", targets: ["Records"]),
        .library(name: "Files", targets: ["Files"]),
        .library(name: "ObjectStorage", targets: ["ObjectStorage"]),
        .library(name: "Importers", targets: ["Importers"]),
        .library(name: "Migration", targets: ["Migration"]),
        .library(name: "Drivers", targets: ["Drivers"]),
        .library(name: "Telemetry", targets: ["Telemetry"]),
        .library(name: "HTTPAPI", targets: ["HTTPAPI"]),
        .executable(name: "wherehouse", targets: ["wherehouse"]),
    ],
    traits: [
        .trait(name: "SQLite", description: "The embedded store. Needs libsqlite3."),
        .trait(name: "PostgreSQL", description: "PostgreSQL. Needs libpq."),
        .trait(name: "Redis", description: "Redis and Redis Cluster. Brings SwiftNIO along."),
        .trait(name: "HTTPStores", description: "What stores that speak HTTP share. The traits of those turn it on."),
        .trait(name: "CouchDB", description: "CouchDB. Brings AsyncHTTPClient along.", enabledTraits: ["HTTPStores"]),
        .trait(
            name: "CloudflareKV",
            description: "Cloudflare KV. Brings AsyncHTTPClient along.",
            enabledTraits: ["HTTPStores"]
        ),
        .trait(name: "DynamoDB", description: "DynamoDB. Brings AsyncHTTPClient along.", enabledTraits: ["HTTPStores"]),
        .trait(
            name: "S3",
            description: "Buckets of S3, R2 and their like. Brings AsyncHTTPClient along.",
            enabledTraits: ["HTTPStores"]
        ),
        .trait(name: "HTTP", description: "Services over HTTP. Brings Hummingbird along."),
        .default(
            enabledTraits: ["SQLite", "PostgreSQL", "Redis", "CouchDB", "CloudflareKV", "DynamoDB", "S3", "HTTP"]
        ),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.3"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // Pure formats: no I/O, no async.
        .target(name: "Tuples"),
        .target(name: "JSONFormat"),
        .target(name: "IPLD", dependencies: [.product(name: "Crypto", package: "swift-crypto")]),
        .target(
            name: "UCAN",
            dependencies: [
                "IPLD",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
            ]
        ),

        // The contract that every store meets, and what is built on it alone.
        .target(
            name: "KeyValue",
            dependencies: [
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
            ]
        ),
        .target(name: "KeyValueConformance", dependencies: ["KeyValue"]),
        .target(name: "CChecksum"),
        .target(
            name: "Records",
            dependencies: [
                "CChecksum", "KeyValue", "Tuples",
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ]
        ),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .target(name: "Migration", dependencies: ["KeyValue", "CZstd"]),

        // Stores. Each is optional by a trait of its own.
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .target(
            name: "SQLiteStore",
            dependencies: [
                "KeyValue",
                .target(name: "CSQLite", condition: .when(traits: ["SQLite"])),
            ]
        ),
        .systemLibrary(name: "CLibpq", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .target(
            name: "PostgreSQLStore",
            dependencies: [
                "KeyValue", "Tuples",
                .target(name: "CLibpq", condition: .when(traits: ["PostgreSQL"])),
            ]
        ),
        .target(
            name: "RedisStore",
            dependencies: [
                "KeyValue", "Tuples",
                .product(name: "NIOCore", package: "swift-nio", condition: .when(traits: ["Redis"])),
                .product(name: "NIOPosix", package: "swift-nio", condition: .when(traits: ["Redis"])),
                .product(name: "NIOSSL", package: "swift-nio-ssl", condition: .when(traits: ["Redis"])),
            ]
        ),

        // What the stores that speak HTTP share, and they.
        .target(
            name: "StoreHTTP",
            dependencies: [
                "JSONFormat", "KeyValue",
                .product(
                    name: "AsyncHTTPClient",
                    package: "async-http-client",
                    condition: .when(traits: ["HTTPStores"])
                ),
                .product(name: "NIOCore", package: "swift-nio", condition: .when(traits: ["HTTPStores"])),
                .product(name: "NIOHTTP1", package: "swift-nio", condition: .when(traits: ["HTTPStores"])),
                .product(name: "NIOPosix", package: "swift-nio", condition: .when(traits: ["HTTPStores"])),
                .product(name: "NIOSSL", package: "swift-nio-ssl", condition: .when(traits: ["HTTPStores"])),
            ]
        ),
        .target(name: "CouchDBStore", dependencies: ["KeyValue", "StoreHTTP"]),
        .target(name: "CloudflareKVStore", dependencies: ["KeyValue", "StoreHTTP", "Tuples"]),
        // What tables of DynamoDB and buckets share: signatures, credentials, errors.
        .target(
            name: "AWSClient",
            dependencies: ["KeyValue", "StoreHTTP", .product(name: "Crypto", package: "swift-crypto")]
        ),
        .target(
            name: "DynamoDBStore",
            dependencies: [
                "KeyValue",
                .target(name: "AWSClient", condition: .when(traits: ["DynamoDB"])),
                .target(name: "StoreHTTP", condition: .when(traits: ["DynamoDB"])),
            ]
        ),
        .target(
            name: "BucketStore",
            dependencies: [
                "KeyValue",
                .target(name: "AWSClient", condition: .when(traits: ["S3"])),
                .target(name: "StoreHTTP", condition: .when(traits: ["S3"])),
                .product(name: "Crypto", package: "swift-crypto", condition: .when(traits: ["S3"])),
            ]
        ),

        // Services upon records, and where the bytes go that they only speak of.
        .target(
            name: "ObjectStorage",
            dependencies: [
                "AWSClient", "JSONFormat", "KeyValue", "StoreHTTP",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
            ]
        ),
        .target(
            name: "Files",
            dependencies: [
                "JSONFormat", "KeyValue", "ObjectStorage", "Records", "Tuples",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ],
            exclude: ["Records/files.proto"]
        ),

        // The way here from services that kept their data otherwise.
        .target(name: "Importers", dependencies: ["Files", "JSONFormat", "KeyValue", "Records", "RedisStore"]),

        // What programs that run for long tell of themselves.
        .target(
            name: "Telemetry",
            dependencies: [
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Logging", package: "swift-log"),
            ]
        ),

        // Services over HTTP: they parse, call and render.
        .target(
            name: "HTTPAPI",
            dependencies: [
                "Files", "JSONFormat", "KeyValue", "Migration", "ObjectStorage", "Records", "Telemetry",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Hummingbird", package: "hummingbird", condition: .when(traits: ["HTTP"])),
                .product(name: "HummingbirdCore", package: "hummingbird", condition: .when(traits: ["HTTP"])),
                .product(name: "HTTPTypes", package: "swift-http-types", condition: .when(traits: ["HTTP"])),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio", condition: .when(traits: ["HTTP"])),
                .product(name: "NIOSSL", package: "swift-nio-ssl", condition: .when(traits: ["HTTP"])),
                .product(
                    name: "ServiceLifecycle",
                    package: "swift-service-lifecycle",
                    condition: .when(traits: ["HTTP"])
                ),
            ]
        ),

        // Where everything is put together.
        .target(
            name: "Drivers",
            dependencies: [
                "KeyValue", "Migration",
                .target(name: "CloudflareKVStore", condition: .when(traits: ["CloudflareKV"])),
                .target(name: "CouchDBStore", condition: .when(traits: ["CouchDB"])),
                .target(name: "SQLiteStore", condition: .when(traits: ["SQLite"])),
                .target(name: "PostgreSQLStore", condition: .when(traits: ["PostgreSQL"])),
                .target(name: "RedisStore", condition: .when(traits: ["Redis"])),
                .target(name: "BucketStore", condition: .when(traits: ["S3"])),
                .target(name: "DynamoDBStore", condition: .when(traits: ["DynamoDB"])),
            ]
        ),
        .target(
            name: "CommandLineTool",
            dependencies: [
                "Drivers", "Files", "HTTPAPI", "IPLD", "Importers", "KeyValue", "Migration", "ObjectStorage", "Records",
                "Telemetry", "Tuples", "UCAN",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ]
        ),
        .executableTarget(name: "wherehouse", dependencies: ["CommandLineTool"]),

        // Tests.
        .target(name: "TestSupport", dependencies: ["KeyValue", "KeyValueConformance"]),
        .target(name: "TestServers", dependencies: ["KeyValue", "TestSupport"]),
        .testTarget(
            name: "TuplesTests",
            dependencies: ["Tuples", "TestSupport"],
            resources: [.copy("Fixtures")]
        ),
        .testTarget(name: "IPLDTests", dependencies: ["IPLD", "TestSupport"], exclude: ["Peer"]),
        .testTarget(
            name: "UCANTests",
            dependencies: ["UCAN", "IPLD", "TestSupport"],
            exclude: ["Peer"]
        ),
        .testTarget(
            name: "KeyValueTests",
            dependencies: [
                "KeyValue", "KeyValueConformance", "TestSupport",
                .product(name: "InMemoryTracing", package: "swift-distributed-tracing"),
                .product(name: "MetricsTestKit", package: "swift-metrics"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
            ]
        ),
        .testTarget(
            name: "KeyValueConformanceTests",
            dependencies: ["KeyValue", "KeyValueConformance", "TestSupport"]
        ),
        .testTarget(
            name: "SQLiteStoreTests",
            dependencies: [
                "KeyValue", "KeyValueConformance", "SQLiteStore", "StoreWriter", "TestSupport",
                .target(name: "CSQLite", condition: .when(traits: ["SQLite"])),
            ]
        ),
        .testTarget(
            name: "PostgreSQLStoreTests",
            dependencies: [
                "KeyValue", "KeyValueConformance", "PostgreSQLStore", "StoreWriter", "TestServers", "TestSupport",
                "Tuples",
                .target(name: "CLibpq", condition: .when(traits: ["PostgreSQL"])),
            ]
        ),
        .testTarget(
            name: "RedisStoreTests",
            dependencies: [
                "KeyValue", "KeyValueConformance", "RedisStore", "StoreWriter", "TestServers", "TestSupport",
                .product(name: "NIOCore", package: "swift-nio", condition: .when(traits: ["Redis"])),
                .product(name: "NIOEmbedded", package: "swift-nio", condition: .when(traits: ["Redis"])),
                .product(name: "NIOPosix", package: "swift-nio", condition: .when(traits: ["Redis"])),
            ]
        ),
        // A program that tests start and kill.
        .executableTarget(
            name: "StoreWriter",
            dependencies: ["Drivers", "KeyValue", "KeyValueConformance"],
            path: "Tests/StoreWriter"
        ),
        .testTarget(
            name: "RecordsTests",
            dependencies: [
                "Drivers", "KeyValue", "Records", "TestServers", "TestSupport", "Tuples",
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ],
            exclude: ["Messages/samples.proto"]
        ),
        .testTarget(
            name: "ObjectStorageTests",
            dependencies: [
                "AWSClient", "KeyValue", "ObjectStorage", "StoreHTTP", "TestServers", "TestSupport",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
            ],
            exclude: ["Peer"]
        ),
        .testTarget(
            name: "FilesTests",
            dependencies: ["Files", "JSONFormat", "KeyValue", "ObjectStorage", "Records", "TestSupport", "Tuples"]
        ),
        // What the files service that is replaced kept in its Redis, and went on writing.
        .target(name: "LegacyService", dependencies: ["TestServers", "TestSupport"], path: "Tests/LegacyService"),
        .testTarget(
            name: "ImportersTests",
            dependencies: [
                "Drivers", "Files", "Importers", "JSONFormat", "KeyValue", "LegacyService", "ObjectStorage", "Records",
                "TestServers", "TestSupport", "Tuples",
            ]
        ),
        .testTarget(
            name: "MigrationTests",
            dependencies: ["KeyValue", "KeyValueConformance", "Migration", "TestSupport"]
        ),
        // The exhaustive check of the migration protocol; the program runs all of it, built with optimisation.
        .target(name: "MigrationModel", dependencies: ["Migration"], path: "Tests/MigrationModel"),
        .executableTarget(
            name: "CheckMigrationModel",
            dependencies: ["MigrationModel"],
            path: "Tests/CheckMigrationModel"
        ),
        .testTarget(name: "MigrationModelTests", dependencies: ["Migration", "MigrationModel"]),
        .testTarget(
            name: "CouchDBStoreTests",
            dependencies: [
                "CouchDBStore", "KeyValue", "KeyValueConformance", "Migration", "StoreHTTP", "StoreWriter",
                "TestServers",
                "TestSupport",
            ]
        ),
        .testTarget(
            name: "CloudflareKVStoreTests",
            dependencies: [
                "CloudflareKVStore", "KeyValue", "KeyValueConformance", "Migration", "StoreHTTP", "TestServers",
                "TestSupport",
            ]
        ),
        .testTarget(
            name: "StoreHTTPTests",
            dependencies: ["KeyValue", "StoreHTTP", "TestServers", "TestSupport"]
        ),
        // Live migrations between real stores, in processes that are killed meanwhile.
        .target(
            name: "LiveMigrationWorkload",
            dependencies: ["Drivers", "KeyValue", "Migration", "TestSupport"],
            path: "Tests/LiveMigrationWorkload"
        ),
        .executableTarget(
            name: "MigrationProcess",
            dependencies: ["LiveMigrationWorkload", "TestSupport"],
            path: "Tests/MigrationProcess"
        ),
        .testTarget(
            name: "LiveMigrationTests",
            dependencies: [
                "Drivers", "KeyValue", "LiveMigrationWorkload", "Migration", "MigrationProcess", "TestServers",
                "TestSupport",
            ]
        ),
        .testTarget(
            name: "AWSClientTests",
            dependencies: ["AWSClient", "KeyValue", "StoreHTTP", "TestServers", "TestSupport"],
            exclude: ["Peer"]
        ),
        .testTarget(
            name: "DynamoDBStoreTests",
            dependencies: [
                "AWSClient", "DynamoDBStore", "KeyValue", "KeyValueConformance", "StoreHTTP", "StoreWriter",
                "TestServers", "TestSupport",
            ]
        ),
        .testTarget(
            name: "BucketStoreTests",
            dependencies: [
                "AWSClient", "BucketStore", "KeyValue", "KeyValueConformance", "Migration", "StoreHTTP",
                "StoreWriter", "TestServers", "TestSupport",
            ]
        ),
        .testTarget(
            name: "TelemetryTests",
            dependencies: [
                "KeyValue", "Telemetry",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Logging", package: "swift-log"),
            ]
        ),
        .testTarget(
            name: "HTTPAPITests",
            dependencies: [
                "Drivers", "Files", "HTTPAPI", "JSONFormat", "KeyValue", "Migration", "ObjectStorage", "Records",
                "Telemetry", "TestSupport", "Tuples",
                .product(name: "AsyncHTTPClient", package: "async-http-client", condition: .when(traits: ["HTTP"])),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Hummingbird", package: "hummingbird", condition: .when(traits: ["HTTP"])),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio", condition: .when(traits: ["HTTP"])),
                .product(name: "NIOHTTP1", package: "swift-nio", condition: .when(traits: ["HTTP"])),
            ]
        ),
        .testTarget(name: "TestServersTests", dependencies: ["TestServers", "TestSupport"]),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "CommandLineTool", "Drivers", "Files", "KeyValue", "LegacyService", "Migration", "ObjectStorage",
                "Records", "StoreWriter", "TestServers", "TestSupport", "Tuples", "wherehouse",
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            resources: [.copy("Foreign")]
        ),
    ],
    swiftLanguageModes: [.v6]
)

for target in package.targets where target.type != .system {
    target.swiftSettings = [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("ImmutableWeakCaptures"),
        .enableUpcomingFeature("InferIsolatedConformances"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
        .treatAllWarnings(as: .error),
    ]
}
