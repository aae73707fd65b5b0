// swift-tools-version: 6.3

import PackageDescription

// A package of its own, so that nobody who uses Wherehouse builds it.
let package = Package(
    name: "wherehouse-benchmarks",
    dependencies: [
        .package(name: "wherehouse", path: ".."),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.3"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
    ],
    targets: [
        .systemLibrary(name: "CSQLiteDirect", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .systemLibrary(name: "CZstdDirect", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .systemLibrary(name: "CLibpqDirect", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .executableTarget(
            name: "wherehouse-benchmarks",
            dependencies: [
                "CLibpqDirect", "CSQLiteDirect", "CZstdDirect",
                .product(name: "Drivers", package: "wherehouse"),
                .product(name: "Files", package: "wherehouse"),
                .product(name: "HTTPAPI", package: "wherehouse"),
                .product(name: "IPLD", package: "wherehouse"),
                .product(name: "KeyValue", package: "wherehouse"),
                .product(name: "Migration", package: "wherehouse"),
                .product(name: "ObjectStorage", package: "wherehouse"),
                .product(name: "PostgreSQLStore", package: "wherehouse"),
                .product(name: "Records", package: "wherehouse"),
                .product(name: "RedisStore", package: "wherehouse"),
                .product(name: "SQLiteStore", package: "wherehouse"),
                .product(name: "Telemetry", package: "wherehouse"),
                .product(name: "Tuples", package: "wherehouse"),
                .product(name: "UCAN", package: "wherehouse"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
            ],
            exclude: ["Themes/IPLD/uploads.proto"],
            swiftSettings: [
                .enableUpcomingFeature("ExistentialAny"),
                .enableUpcomingFeature("InferIsolatedConformances"),
                .enableUpcomingFeature("InternalImportsByDefault"),
                .enableUpcomingFeature("MemberImportVisibility"),
                .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
                .treatAllWarnings(as: .error),
            ]
        ),
    ],
    swiftLanguageModes: [.v6]
)
