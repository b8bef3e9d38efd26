// swift-tools-version: 6.2
import PackageDescription

// What `Benchmarks/side-by-side` sets beside the proxy, and the client that it drives them all with. A package of its own,
// so that the proxy's needs no SwiftNIO.

let package = Package(
    name: "SwiftNIOServers",
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.80.0")
    ],
    targets: [
        .executableTarget(
            name: "RawServer",
            dependencies: [
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]
        ),
        .executableTarget(
            name: "HTTPServer",
            dependencies: [
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]
        ),
        .executableTarget(name: "FixedLoad"),
    ],
    swiftLanguageModes: [.v6]
)
