// swift-tools-version: 6.2
import Foundation
import PackageDescription

// The dependencies between targets form a star (docs/architecture.md): `leveret` -> `Proxy` -> the rooms; the rooms do
// not import each other, but for Upstream, which sends through Transport's reactor and signs with SigV4.
// Each C module has exactly one Swift importer; `Scripts/check-imports` checks both.

let package = Package(
    name: "leveret",
    products: [
        .executable(name: "leveret", targets: ["leveret"])
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.10.0"),
        .package(url: "https://github.com/jpsim/Yams.git", from: "6.0.0"),
    ],
    targets: [
        .systemLibrary(name: "CLibcrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CLibssl", pkgConfig: "libssl", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CJansson", pkgConfig: "jansson", providers: [.apt(["libjansson-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .systemLibrary(name: "CLzma", pkgConfig: "liblzma", providers: [.apt(["liblzma-dev"])]),
        .systemLibrary(name: "CPrefetch"),
        .target(name: "CLinux"),

        .target(name: "SigV4", dependencies: ["CLibcrypto"]),
        .target(name: "DynamoDB", dependencies: ["CJansson", "CZlib"]),
        .target(name: "Cache", dependencies: ["CPrefetch"]),
        .target(name: "Alloc"),
        .target(name: "Transport", dependencies: ["CLibssl", "CLinux"]),
        .target(name: "Upstream", dependencies: ["CCurl", "SigV4", "Transport"]),
        .target(name: "TableStore", dependencies: ["CSQLite", "DynamoDB"]),
        .target(name: "Trace", dependencies: ["CLzma"]),
        .target(name: "JSON"),
        .target(name: "Replay", dependencies: ["Cache", "JSON", "Trace"]),
        .target(name: "Simulation", dependencies: ["Alloc", "JSON"]),
        .target(name: "LoadGenerator", dependencies: ["DynamoDB", "JSON", "SigV4", "Trace", "Transport", "Upstream"]),
        .target(
            name: "Proxy",
            dependencies: [
                "Alloc", "Cache", "DynamoDB", "JSON", "SigV4", "TableStore", "Trace", "Transport", "Upstream",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Yams", package: "Yams"),
            ]
        ),
        .executableTarget(
            name: "leveret",
            dependencies: [
                "LoadGenerator", "Proxy", "Replay", "Simulation",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ]
        ),

        .executableTarget(
            name: "CacheBenchmark",
            dependencies: ["Cache", "CMallocCounter"],
            path: "Benchmarks/CacheBenchmark"
        ),
        .executableTarget(name: "AllocBenchmark", dependencies: ["Alloc"], path: "Benchmarks/AllocBenchmark"),

        .target(name: "CMallocCounter", path: "Tests/CMallocCounter"),
        .testTarget(name: "SigV4Tests", dependencies: ["SigV4", "CMallocCounter"]),
        .testTarget(name: "DynamoDBTests", dependencies: ["DynamoDB", "CMallocCounter"]),
        .testTarget(name: "CacheTests", dependencies: ["Cache", "CMallocCounter"]),
        .testTarget(name: "AllocTests", dependencies: ["Alloc"]),
        .testTarget(name: "TransportTests", dependencies: ["Transport", "CMallocCounter"]),
        .testTarget(name: "UpstreamTests", dependencies: ["Upstream", "Transport", "SigV4", "CMallocCounter"]),
        .testTarget(name: "TableStoreTests", dependencies: ["TableStore", "DynamoDB"]),
        .testTarget(name: "TraceTests", dependencies: ["Trace"]),
        .testTarget(name: "SimulationTests", dependencies: ["Simulation", "Alloc"]),
        .testTarget(
            name: "LoadGeneratorTests",
            dependencies: ["CMallocCounter", "DynamoDB", "LoadGenerator", "SigV4", "Trace", "Transport"]
        ),
        .testTarget(name: "JSONTests", dependencies: ["JSON"]),
        .testTarget(name: "ReplayTests", dependencies: ["Replay", "Cache", "Trace"]),
        .testTarget(
            name: "ProxyTests",
            dependencies: [
                "Proxy", "Alloc", "Cache", "DynamoDB", "SigV4", "TableStore", "Trace", "Transport", "Upstream",
                "CMallocCounter",
            ]
        ),
    ]
)

// One set of settings for every Swift target. Warnings become errors only in the project's own checks, so that a newer
// compiler's new warnings do not break a user's build.
let strict = ProcessInfo.processInfo.environment["LEVERET_WARNINGS_AS_ERRORS"] != nil
let settings: [SwiftSetting] =
    [
        .swiftLanguageMode(.v6),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("InferIsolatedConformances"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
        .enableUpcomingFeature("ImmutableWeakCaptures"),
        // Overlapping access is looked for in debug builds, which the tests use.
        .unsafeFlags(["-enforce-exclusivity=unchecked", "-cross-module-optimization"], .when(configuration: .release)),
    ] + (strict ? [.treatAllWarnings(as: .error)] : [])

/// Targets of C or of nothing but a module map have no Swift settings.
let foreign: Set = [
    "CLibcrypto", "CLibssl", "CCurl", "CJansson", "CZlib", "CSQLite", "CLzma", "CPrefetch", "CLinux",
    "CMallocCounter",
]
for target in package.targets where !foreign.contains(target.name) {
    var own = (target.swiftSettings ?? []) + settings
    if target.type != .test {
        own.append(.strictMemorySafety())
    }
    target.swiftSettings = own
}
