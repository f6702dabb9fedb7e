/// Who may import whom: the rings of the design, target by target.
///
/// `Package.swift` says what each target leans on; this says what it may lean on at most.
struct ImportTable: Sendable {
    struct Entry: Sendable {
        let folder: String
        let modules: Set<String>
    }

    let entries: [String: Entry]

    /// The entry whose folder holds the file; folders of targets do not lie in one another.
    func entry(of path: String) -> (target: String, entry: Entry)? {
        entries.first { path.hasPrefix($0.value.folder + "/") }.map { ($0.key, $0.value) }
    }

    static let house = ImportTable(
        entries: [
            // Rules: nothing, not even the system.
            "Trading": entry("Trading", []),
            // Use cases and ports: no drivers, no adapters.
            "Desk": entry("Desk", ["Trading"], system: [synchronization]),
        ]
        .merging(drivers) { $1 }.merging(adapters) { $1 }
        .merging(outside) { $1 }.merging(programs) { $1 }.merging(support) { $1 }
    )

    /// A driver: its own C module, and the few drivers that say nothing of any protocol.
    private static let drivers: [String: Entry] = [
        "Blocking": driver("Blocking", ["CPlatform"]),
        "Telemetry": driver("Telemetry", []),
        "JSON": driver("JSON", []),
        "CSV": driver("CSV", []),
        "Gzip": driver("Gzip", ["CZlib"]),
        "Protobuf": driver("Protobuf", ["CProtobuf"]),
        "Secrets": driver("Secrets", ["CSodium", "Blocking", "JSON"]),
        "Postgres": driver("Postgres", ["CPostgres", "Blocking", "Telemetry"]),
        "RabbitMQ": driver("RabbitMQ", ["CRabbitMQ", "Blocking", "Telemetry"]),
        "Redis": driver("Redis", ["CHiredis", "Blocking", "Telemetry"]),
        "HTTPClient": driver("HTTPClient", ["CCurl", "Blocking", "Telemetry"]),
        "HTTPServer": driver("HTTPServer", ["CMicroHTTPD", "Blocking", "Telemetry"]),
        "WebSocket": driver("WebSocket", ["CWebSockets", "Blocking", "Telemetry"]),
        "NATS": driver("NATS", ["WebSocket", "Secrets", "JSON"]),
    ]

    /// An adapter: the desk's ports and its own driver; no other adapter.
    private static let adapters: [String: Entry] = [
        "PostgresStore": adapter("PostgresStore", ["Postgres", "Secrets", "JSON"]),
        "RabbitQueue": adapter("RabbitQueue", ["RabbitMQ"]),
        "RedisCache": adapter("RedisCache", ["Redis", "Secrets"]),
        "Notifiers": adapter("Notifiers", ["HTTPClient", "JSON"]),
        "Web": adapter("Web", ["HTTPServer", "CSV", "JSON", "Secrets", "Telemetry"]),
        "BrokerKit": adapter("Brokers/BrokerKit", ["HTTPClient", "WebSocket", "CSV", "JSON"]),
        "Dhan": broker("Dhan"),
        // Checksums of postbacks and logins are a SHA-256.
        "Zerodha": broker("Zerodha", more: ["Secrets"]),
        // Its instrument list is packed, and its market feed is Protocol Buffers.
        "Upstox": broker("Upstox", more: ["Gzip", "Protobuf"]),
        // Its approvals are proved by a SHA-256.
        "Groww": broker("Groww", more: ["NATS", "Protobuf", "Secrets"]),
        "Paper": adapter("Brokers/Paper", []),
    ]

    /// The simulated outside knows nothing of Volley's own rules and adapters, or it could not
    /// tell on them.
    private static let outside: [String: Entry] = [
        "Exchange": entry("Sandbox/Exchange", []),
        "BrokerFaces": entry(
            "Sandbox/BrokerFaces",
            ["Exchange", "HTTPServer", "WebSocket", "HTTPClient", "JSON", "Secrets", "Telemetry"],
            system: [synchronization, "FoundationEssentials", "Glibc"]
        ),
    ]

    private static let programs: [String: Entry] = [
        // The only place where adapters meet ports.
        "Wiring": program(
            "Wiring",
            Set(drivers.keys).union(adapters.keys).union(["Desk", "Trading"])
        ),
        "Commands": program("Commands", ["HTTPClient", "JSON", "Telemetry"]),
        "volley": program("volley", ["Wiring", "Commands", "Blocking", "JSON"]),
        "broker-sandbox": program("broker-sandbox", ["BrokerFaces", "Telemetry"]),
        "bench": program(
            "bench",
            [
                "Wiring", "Commands", "BrokerFaces", "HTTPClient", "JSON", "Postgres", "RabbitMQ",
                "Redis", "Blocking", "Telemetry", "NetworkTrouble", "ChildProcesses",
                "DeskTesting",
            ]
        ),
    ]

    private static let support: [String: Entry] = [
        "DeskTesting": Entry(
            folder: "Tests/Support/DeskTesting",
            modules: ["Desk", "Trading", synchronization, "Testing", "FoundationEssentials"]
        ),
        "NetworkTrouble": Entry(
            folder: "Tests/Support/NetworkTrouble",
            modules: ["Blocking", synchronization, "Glibc"]
        ),
        "Fuzzing": Entry(folder: "Tests/Support/Fuzzing", modules: ["JSON", "Glibc"]),
        "ChildProcesses": Entry(
            folder: "Tests/Support/ChildProcesses",
            modules: [synchronization, "Glibc"]
        ),
        "StackTesting": Entry(
            folder: "Tests/Support/StackTesting",
            modules: [
                "BrokerFaces", "HTTPClient", "JSON", "Postgres", "RabbitMQ", "RabbitQueue",
                "ChildProcesses", "ServerTesting", "Telemetry", "Trading", synchronization,
                "Testing", "Glibc", "Foundation",
            ]
        ),
        "ServerTesting": Entry(
            folder: "Tests/Support/ServerTesting",
            modules: [
                "Postgres", "RabbitMQ", "Redis", "Blocking", "Telemetry", "NetworkTrouble",
                synchronization,
                "Testing", "Glibc", "FoundationEssentials",
            ]
        ),
    ]

    private static let synchronization = "Synchronization"

    private static func entry(
        _ folder: String,
        _ modules: Set<String>,
        system: Set<String> = []
    ) -> Entry {
        Entry(folder: "Sources/\(folder)", modules: modules.union(system))
    }

    private static func driver(_ name: String, _ modules: Set<String>) -> Entry {
        entry(
            "Drivers/\(name)",
            modules,
            system: [synchronization, "FoundationEssentials", "Glibc"]
        )
    }

    private static func adapter(_ folder: String, _ modules: Set<String>) -> Entry {
        entry(
            "Adapters/\(folder)",
            modules.union(["Desk", "Trading"]),
            system: [synchronization, "FoundationEssentials"]
        )
    }

    private static func broker(_ name: String, more: Set<String> = []) -> Entry {
        adapter(
            "Brokers/\(name)",
            more.union(["BrokerKit", "HTTPClient", "WebSocket", "CSV", "JSON"])
        )
    }

    private static func program(_ name: String, _ modules: Set<String>) -> Entry {
        entry(
            "Programs/\(name)",
            modules,
            system: [synchronization, "FoundationEssentials", "Glibc", "Dispatch"]
        )
    }
}
