// swift-tools-version: 6.3
import PackageDescription

// The rings, from the inside out. Each target is one line; who may import whom is enforced by
// `--explicit-target-dependency-import-check error` and by Tests/ArchitectureTests.
let package = Package(
    name: "volley",
    products: [
        .executable(name: "volley", targets: ["volley"]),
        .executable(name: "broker-sandbox", targets: ["broker-sandbox"]),
        .executable(name: "bench", targets: ["bench"]),
    ],
    targets: [
        // Rules: pure values and decisions. Imports nothing.
        target("Trading", in: "Trading", on: []),
        // Use cases, and the ports they need.
        target("Desk", in: "Desk", on: ["Trading"]),

        // Protocols of the outside: know nothing of trading.
        library("CPlatform", links: []),
        library("CPostgres", links: ["pq"]),
        library("CRabbitMQ", links: ["rabbitmq"]),
        library("CHiredis", links: ["hiredis"]),
        library("CCurl", links: ["curl"]),
        library("CMicroHTTPD", links: ["microhttpd"]),
        library("CWebSockets", links: ["websockets"]),
        library("CSodium", links: ["sodium"]),
        library("CZlib", links: ["z"]),
        library("CProtobuf", links: ["protobuf-c"]),
        target("Blocking", in: "Drivers/Blocking", on: ["CPlatform"]),
        target("Telemetry", in: "Drivers/Telemetry", on: []),
        target("JSON", in: "Drivers/JSON", on: []),
        target("CSV", in: "Drivers/CSV", on: []),
        target("Gzip", in: "Drivers/Gzip", on: ["CZlib"]),
        target("Protobuf", in: "Drivers/Protobuf", on: ["CProtobuf"]),
        target("Secrets", in: "Drivers/Secrets", on: ["CSodium", "Blocking", "JSON"]),
        target("Postgres", in: "Drivers/Postgres", on: ["CPostgres", "Blocking", "Telemetry"]),
        target("RabbitMQ", in: "Drivers/RabbitMQ", on: ["CRabbitMQ", "Blocking", "Telemetry"]),
        target("Redis", in: "Drivers/Redis", on: ["CHiredis", "Blocking", "Telemetry"]),
        target("HTTPClient", in: "Drivers/HTTPClient", on: ["CCurl", "Blocking", "Telemetry"]),
        target(
            "HTTPServer",
            in: "Drivers/HTTPServer",
            on: ["CMicroHTTPD", "Blocking", "Telemetry"]
        ),
        target("WebSocket", in: "Drivers/WebSocket", on: ["CWebSockets", "Blocking", "Telemetry"]),
        target("NATS", in: "Drivers/NATS", on: ["WebSocket", "Secrets", "JSON"]),

        // Ports made real.
        target(
            "PostgresStore",
            in: "Adapters/PostgresStore",
            on: ["Desk", "Trading", "Postgres", "Secrets", "JSON"]
        ),
        target("RabbitQueue", in: "Adapters/RabbitQueue", on: ["Desk", "Trading", "RabbitMQ"]),
        target(
            "RedisCache",
            in: "Adapters/RedisCache",
            on: ["Desk", "Trading", "Redis", "Secrets"]
        ),
        target(
            "BrokerKit",
            in: "Adapters/Brokers/BrokerKit",
            on: ["Desk", "Trading", "HTTPClient", "WebSocket", "CSV", "JSON"]
        ),
        target("Dhan", in: "Adapters/Brokers/Dhan", on: broker),
        // Checksums of postbacks and logins are a SHA-256.
        target("Zerodha", in: "Adapters/Brokers/Zerodha", on: broker + ["Secrets"]),
        target("Upstox", in: "Adapters/Brokers/Upstox", on: broker + ["Gzip", "Protobuf"]),
        // Its approvals are proved by a SHA-256.
        target(
            "Groww",
            in: "Adapters/Brokers/Groww",
            on: broker + ["NATS", "Protobuf", "Secrets"]
        ),
        target("Paper", in: "Adapters/Brokers/Paper", on: ["Desk", "Trading"]),
        target(
            "Web",
            in: "Adapters/Web",
            on: ["Desk", "Trading", "HTTPServer", "CSV", "JSON", "Secrets", "Telemetry"]
        ),

        // The simulated outside. Shares no code with Adapters/Brokers.
        target("Exchange", in: "Sandbox/Exchange", on: []),
        target(
            "BrokerFaces",
            in: "Sandbox/BrokerFaces",
            on: [
                "Exchange", "HTTPServer", "WebSocket", "HTTPClient", "JSON", "Secrets", "Telemetry",
            ]
        ),

        // Programs.
        target(
            "Wiring",
            in: "Programs/Wiring",
            on: [
                "Desk", "Trading", "PostgresStore", "RabbitQueue", "RedisCache", "BrokerKit",
                "Dhan", "Zerodha", "Upstox", "Groww", "Paper", "Web", "Postgres", "RabbitMQ",
                "Redis", "HTTPClient",
                "HTTPServer", "WebSocket", "Secrets", "JSON", "Telemetry", "Blocking", "Gzip",
            ]
        ),
        target(
            "Commands",
            in: "Programs/Commands",
            on: ["HTTPClient", "JSON", "Telemetry"]
        ),
        program("volley", on: ["Wiring", "Commands", "Blocking", "JSON"]),
        program("broker-sandbox", on: ["BrokerFaces", "Telemetry"]),
        program(
            "bench",
            on: [
                "Commands", "BrokerFaces", "HTTPClient", "JSON", "Postgres", "RabbitMQ", "Redis",
                "Blocking", "Telemetry", "NetworkTrouble", "ChildProcesses",
            ]
        ),

        // Tests.
        support("DeskTesting", on: ["Desk", "Trading"], fast: true),
        support("NetworkTrouble", on: ["Blocking"]),
        support("Fuzzing", on: ["JSON"], fast: true),
        support("ChildProcesses", on: []),
        support(
            "ServerTesting",
            on: ["Postgres", "RabbitMQ", "Redis", "Blocking", "NetworkTrouble"]
        ),
        support(
            "StackTesting",
            on: [
                "BrokerFaces", "HTTPClient", "JSON", "Postgres", "RabbitMQ", "RabbitQueue",
                "ChildProcesses", "ServerTesting", "Telemetry", "Trading", "volley",
            ]
        ),
        tests("ArchitectureTests", of: []),
        tests("TradingTests", of: ["Trading"]),
        tests("DeskTests", of: ["Desk", "Trading", "DeskTesting"]),
        tests(
            "SimulationTests",
            of: ["Desk", "Trading", "DeskTesting", "Exchange", "Blocking"],
            fast: true
        ),
        tests(
            "DriverTests",
            of: [
                "Blocking", "Telemetry", "JSON", "Secrets", "Postgres", "RabbitMQ", "Redis",
                "HTTPClient", "HTTPServer", "WebSocket", "NetworkTrouble", "ServerTesting",
                "CPlatform", "Gzip", "NATS", "Protobuf", "CSV", "Fuzzing",
            ]
        ),
        tests(
            "PostgresStoreTests",
            of: [
                "PostgresStore", "Postgres", "Desk", "Trading", "Secrets", "JSON", "DeskTesting",
                "ServerTesting", "Fuzzing",
            ]
        ),
        tests(
            "RabbitQueueTests",
            of: [
                "RabbitQueue", "RabbitMQ", "Desk", "Trading", "DeskTesting", "ServerTesting",
                "Fuzzing",
            ]
        ),
        tests(
            "RedisCacheTests",
            of: [
                "RedisCache", "Redis", "Desk", "Trading", "Secrets", "DeskTesting",
                "NetworkTrouble", "ServerTesting",
                "Fuzzing",
            ]
        ),
        tests(
            "BrokerTests",
            of: [
                "BrokerKit", "Dhan", "Zerodha", "Upstox", "Groww", "Paper", "Desk", "Trading",
                "HTTPClient", "HTTPServer", "JSON", "BrokerFaces", "Exchange", "DeskTesting",
                "ServerTesting", "RedisCache", "WebSocket", "NATS", "Telemetry", "NetworkTrouble",
                "Fuzzing",
            ],
            copying: ["Payloads"]
        ),
        tests(
            "WebTests",
            of: [
                "Web", "Desk", "Trading", "HTTPServer", "HTTPClient", "JSON", "Secrets",
                "Telemetry", "DeskTesting",
                "Fuzzing",
            ]
        ),
        tests(
            "SandboxTests",
            of: [
                "Exchange", "BrokerFaces", "HTTPClient", "HTTPServer", "WebSocket", "JSON",
                "Protobuf", "Secrets", "Fuzzing",
            ]
        ),
        tests("BenchTests", of: ["bench", "ChildProcesses"]),
        tests(
            "ProgramTests",
            of: ["Wiring", "Commands", "Desk", "HTTPClient", "Secrets", "Trading", "Fuzzing"]
        ),
        tests(
            "EndToEndTests",
            of: [
                "BrokerFaces", "HTTPClient", "HTTPServer", "JSON", "Postgres", "RabbitMQ",
                "RabbitQueue", "NetworkTrouble", "ChildProcesses", "ServerTesting", "StackTesting",
                "Telemetry", "Trading",
            ]
        ),
        // Stories of the documents that Volley comes from, each as its user would tell it.
        tests("Scenarios", of: ["StackTesting", "ServerTesting", "HTTPClient", "JSON"]),
    ]
)

/// What every broker adapter may lean on.
var broker: [Target.Dependency] {
    ["BrokerKit", "Desk", "Trading", "HTTPClient", "WebSocket", "CSV", "JSON"]
}

func target(_ name: String, in folder: String, on others: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: others, path: "Sources/\(folder)", swiftSettings: house())
}
/// A C library of Debian's with the typed shims that Swift needs to call it.
func library(_ name: String, links: [String]) -> Target {
    .target(
        name: name,
        path: "Sources/Drivers/\(name)",
        linkerSettings: links.map { .linkedLibrary($0) }
    )
}
func program(_ name: String, on others: [Target.Dependency]) -> Target {
    .executableTarget(
        name: name,
        dependencies: others,
        path: "Sources/Programs/\(name)",
        swiftSettings: house()
    )
}
func support(_ name: String, on others: [Target.Dependency], fast: Bool = false) -> Target {
    .target(
        name: name,
        dependencies: others,
        path: "Tests/Support/\(name)",
        swiftSettings: house() + (fast ? optimised() : [])
    )
}
func tests(
    _ name: String,
    of others: [Target.Dependency],
    copying: [String] = [],
    fast: Bool = false
) -> Target {
    .testTarget(
        name: name,
        dependencies: others,
        path: "Tests/\(name)",
        resources: copying.map { .copy($0) },
        swiftSettings: house() + (fast ? optimised() : [])
    )
}
/// For tests that run the same code millions of times, optimised in debug builds too.
func optimised() -> [SwiftSetting] { [.unsafeFlags(["-O"], .when(configuration: .debug))] }
func house() -> [SwiftSetting] {
    [
        .swiftLanguageMode(.v6), .treatAllWarnings(as: .error),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    ]
}
