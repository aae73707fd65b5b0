// swift-tools-version: 6.3

import PackageDescription

let package = Package(
    name: "wherehouse",
    products: [
        .library(name: "KeyValue", targets: ["KeyValue"]),
        .library(name: "KeyValueConformance", targets: ["KeyValueConformance"]),
        .library(name: "SQLiteStore", targets: ["SQLiteStore"]),
        .library(name: "Tuples", targets: ["Tuples"]),
        .library(name: "Migration", targets: ["Migration"]),
        .library(name: "Drivers", targets: ["Drivers"]),
        .executable(name: "wherehouse", targets: ["wherehouse"]),
    ],
    traits: [
        .trait(name: "SQLite", description: "The embedded store. Needs libsqlite3."),
        .default(enabledTraits: ["SQLite"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.3"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
    ],
    targets: [
        // Pure formats: no I/O, no async.
        .target(name: "Tuples"),

        // The contract that every store meets, and what is built on it alone.
        .target(
            name: "KeyValue",
            dependencies: [
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
            ]
        ),
        .target(name: "KeyValueConformance", dependencies: ["KeyValue"]),
        .target(name: "Migration", dependencies: ["KeyValue"]),

        // Stores. Each is optional by a trait of its own.
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .target(
            name: "SQLiteStore",
            dependencies: [
                "KeyValue",
                .target(name: "CSQLite", condition: .when(traits: ["SQLite"])),
            ]
        ),

        // Where everything is put together.
        .target(
            name: "Drivers",
            dependencies: [
                "KeyValue",
                .target(name: "SQLiteStore", condition: .when(traits: ["SQLite"])),
            ]
        ),
        .target(
            name: "CommandLineTool",
            dependencies: [
                "Drivers", "KeyValue", "Migration",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]
        ),
        .executableTarget(name: "wherehouse", dependencies: ["CommandLineTool"]),

        // Tests.
        .target(name: "TestSupport", dependencies: ["KeyValue"]),
        .testTarget(
            name: "TuplesTests",
            dependencies: ["Tuples", "TestSupport"],
            resources: [.copy("Fixtures")]
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
        // A program that tests start and kill.
        .executableTarget(
            name: "StoreWriter",
            dependencies: ["KeyValue", "KeyValueConformance", "SQLiteStore"],
            path: "Tests/StoreWriter"
        ),
        .testTarget(name: "MigrationTests", dependencies: ["KeyValue", "Migration", "TestSupport"]),
        .testTarget(
            name: "EndToEndTests",
            dependencies: ["CommandLineTool", "KeyValue", "Migration", "TestSupport", "wherehouse"]
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

// Only for building the documentation: users of the package never fetch the plugin.
if Context.environment["WHEREHOUSE_DOCUMENTATION"] != nil {
    package.dependencies.append(.package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.5.0"))
}
