import Blocking
import HTTPClient
import Postgres
import Telemetry

/// A Volley of its own for measuring: servers that wait for the disk, brokers and roles as processes.
final class MeasuredStack: PrivateStack {
    /// What may differ between measurements.
    struct Settings: Sendable {
        var workers = 1
        /// Orders that a worker has in hand at once; the usual number unless given.
        var slots: Int?
        var latencyMilliseconds = 0
        /// Whether the brokers tell of fills by themselves, as where `deploy/local/run` started them.
        var hasPostbacks = true
        var seed = 42

        /// What a command line says of it, as far as the measurement has such options.
        init(_ numbers: Numbers) {
            workers = numbers.ifDeclared("workers") ?? workers
            slots = numbers.ifDeclared("slots")
            latencyMilliseconds = numbers.ifDeclared("latency") ?? latencyMilliseconds
            hasPostbacks = numbers.ifDeclared("postbacks") != 0
            seed = numbers.ifDeclared("seed") ?? seed
        }
    }

    static let mostWorkers = 8

    let place: RunPlace
    let processes: RoleProcesses
    let settings: Settings
    let databaseURL: String
    let apiURLs: [String]
    let sandboxURL: String
    let direct: [String: String]
    let http = HTTPClient(HTTPClientConfiguration(), logger: .silent, metrics: nil)
    let pool: PostgresPool
    private let serverPids: [String: Int32]

    /// Starts everything, with users and instruments, and without clients.
    static func start(_ place: RunPlace, _ processes: RoleProcesses, _ settings: Settings)
        async throws -> MeasuredStack
    {
        let stack = try await MeasuredStack(place, processes, settings)
        try await stack.mustRun(["migrate"])
        try await stack.makeTrader()
        try processes.start("sandbox")
        try await stack.waitForAnswer(stack.sandboxURL + "/healthz", stack.http)
        try await stack.mustRun(["admin", "load-instruments"])
        for name in ["api-1", "relay", "scheduler"] { try processes.start(name) }
        try await stack.run(workers: settings.workers)
        try await stack.waitForAPIs(stack.http)
        return stack
    }

    private init(_ place: RunPlace, _ processes: RoleProcesses, _ settings: Settings) async throws {
        self.place = place
        self.processes = processes
        self.settings = settings
        try await place.servers("start", "--durable")
        let servers = try await place.serverSettings()
        guard let databaseURL = servers["VOLLEY_DATABASE_URL"] else {
            throw Unusable(description: "no VOLLEY_DATABASE_URL")
        }
        self.databaseURL = databaseURL
        pool = PostgresPool(try PostgresConfiguration(url: databaseURL), size: 2)
        serverPids = try Self.pids(try await place.servers("pids"))
        let listen = "127.0.0.1:\(try Loopback.freePort())"
        let broker = "127.0.0.1:\(try Loopback.freePort())"
        let stream = "127.0.0.1:\(try Loopback.freePort())"
        apiURLs = ["http://" + listen]
        sandboxURL = "http://" + broker
        var common = place.settings.merging(servers) { $1 }
        common["VOLLEY_API_URL"] = apiURLs[0]
        common["VOLLEY_SANDBOX_URL"] = sandboxURL
        common["VOLLEY_DHAN_STREAM_URL"] = "ws://" + stream
        direct = common
        addRoles(common, listen)
        addSandbox("sandbox", listen: broker, stream: stream)
    }

    private func addRoles(_ environment: [String: String], _ listen: String) {
        var api = environment
        api["VOLLEY_LISTEN"] = listen
        processes.add("api-1", ["api"], environment: api)
        for role in ["relay", "scheduler"] {
            processes.add(role, [role], environment: environment)
        }
        var worker = environment
        if let slots = settings.slots { worker["VOLLEY_WORKER_SLOTS"] = "\(slots)" }
        for number in 1...Self.mostWorkers {
            processes.add("worker-\(number)", ["worker"], environment: worker)
        }
    }

    /// Makes a place for a process of simulated brokers.
    func addSandbox(_ name: String, listen: String, stream: String, isOpenToAll: Bool = false) {
        processes.add(
            name,
            [
                "--listen", listen, "--ws-listen", stream, "--market", "open",
                "--seed", "\(settings.seed)", "--latency-ms", "\(settings.latencyMilliseconds)",
            ] + (isOpenToAll ? ["--accounts-open"] : []),
            environment: ["PATH": direct["PATH"] ?? ""],
            program: place.sandbox
        )
    }

    /// Starts simulated brokers for orders that are not Volley's, which then are in no book of its own;
    /// they take orders of any account.
    ///
    /// - Returns: their URL.
    func startBrokersApart(_ name: String) async throws -> String {
        let listen = "127.0.0.1:\(try Loopback.freePort())"
        let stream = "127.0.0.1:\(try Loopback.freePort())"
        addSandbox(name, listen: listen, stream: stream, isOpenToAll: true)
        try processes.start(name)
        try await waitForAnswer("http://\(listen)/healthz", http)
        return "http://" + listen
    }

    /// Lets so many workers run, no more and no fewer.
    func run(workers: Int) async throws {
        for number in 1...Self.mostWorkers {
            let name = "worker-\(number)"
            if number <= workers {
                try processes.start(name)
            } else {
                try await processes.stop(name)
            }
        }
        // Its readers' channels are on the server before it takes the first message.
        try await Task.sleep(for: .seconds(2))
    }

    /// Closes the connections of this program to it.
    func close() async {
        await http.close()
        await pool.close()
    }

    /// The servers' versions.
    func versions() async throws -> String {
        try await place.servers("versions").split(separator: "\n").joined(separator: ", ")
    }

    /// A look at what every part of it has used.
    func read() -> ProcessReading {
        var groups = serverPids.mapValues { [$0] }
        for name in processes.running {
            guard let pid = processes.pid(name) else { continue }
            groups[Self.part(name), default: []].append(pid)
        }
        return ProcessMeter.read(groups)
    }

    /// The parts in the order of tables.
    static let parts = [
        "api", "worker", "relay", "scheduler", "sandbox", "postgresql", "rabbitmq", "redis",
    ]

    /// `worker-2` is a worker.
    private static func part(_ name: String) -> String {
        String(name.prefix { $0 != "-" })
    }

    private static func pids(_ text: String) throws -> [String: Int32] {
        var pids: [String: Int32] = [:]
        for line in text.split(separator: "\n") {
            let pair = line.split(separator: "=")
            if pair.count == 2, let pid = Int32(pair[1]) { pids[String(pair[0])] = pid }
        }
        guard pids.count == 3 else { throw Unusable(description: "no pids of servers: \(text)") }
        return pids
    }
}
