import BrokerFaces
import NetworkTrouble
import Synchronization

/// A whole Volley of its own for a chaos run: servers, proxies before them, sandbox, and processes.
final class ChaosStack: PrivateStack {
    /// Who halts what is not the trader's.
    static let admin = (email: "admin@example.com", password: "bench-password-2")
    static let apiNames = (1...ChaosPlan.apis).map { "api-\($0)" }

    let sandbox: Sandbox
    let databaseURL: String
    /// One for each of `ChaosPlan.links`.
    let proxies: [TestProxy]
    let apiURLs: [String]
    var sandboxURL: String { "http://127.0.0.1:\(sandbox.port)" }
    let place: RunPlace
    let processes: RoleProcesses
    let direct: [String: String]
    private let serversDown = Mutex<Set<String>>([])

    /// Starts servers, sandbox and proxies.
    init(_ place: RunPlace, _ processes: RoleProcesses) async throws {
        self.place = place
        self.processes = processes
        try await place.servers("start")
        let servers = try await place.serverSettings()
        sandbox = Sandbox(configuration: .ephemeral)
        try sandbox.start()
        let broker = "http://127.0.0.1:\(sandbox.port)"
        let urls = try ["VOLLEY_DATABASE_URL", "VOLLEY_AMQP_URL", "VOLLEY_REDIS_URL"].map {
            name in
            guard let url = servers[name] else { throw Unusable(description: "no \(name)") }
            return url
        }
        databaseURL = urls[0]
        proxies = try (urls + [broker]).map { try TestProxy(toPort: Loopback.port(of: $0)) }
        apiURLs = try ChaosPlan.apiRange.map { _ in "http://127.0.0.1:\(try Loopback.freePort())" }
        var common = place.settings
        // The horizon is 24 s: longer than any trouble keeps an order on its way. The lag that counts
        // once a broker has said no is 6 s: longer than any order hides.
        common["VOLLEY_DOUBT_SCALE"] = "5"
        common["VOLLEY_LEASE_SECONDS"] = "8"
        common["VOLLEY_SANDBOX_URL"] = broker
        common["VOLLEY_API_URL"] = apiURLs[0]
        let admin = [
            "VOLLEY_ADMIN_EMAIL": Self.admin.email, "VOLLEY_ADMIN_PASSWORD": Self.admin.password,
        ]
        direct = common.merging(servers) { $1 }.merging(admin) { $1 }
        var troubled = common
        // A frozen consumer's messages come back after two heartbeats.
        let ends = ["", "?heartbeat=5", ""]
        for (index, name) in ["VOLLEY_DATABASE_URL", "VOLLEY_AMQP_URL", "VOLLEY_REDIS_URL"]
            .enumerated()
        {
            troubled[name] = Loopback.moved(urls[index], to: proxies[index].port) + ends[index]
        }
        troubled["VOLLEY_SANDBOX_URL"] = "http://127.0.0.1:\(proxies[3].port)"
        fillSlots(troubled)
    }

    private func fillSlots(_ environment: [String: String]) {
        for role in ["relay", "scheduler"] {
            processes.add(role, [role], environment: environment)
        }
        for number in 1...ChaosPlan.workers {
            processes.add("worker-\(number)", ["worker"], environment: environment)
        }
        for (name, url) in zip(Self.apiNames, apiURLs) {
            var own = environment
            own["VOLLEY_LISTEN"] = String(url.dropFirst("http://".count))
            processes.add(name, ["api"], environment: own)
        }
    }

    // MARK: Processes

    /// Starts the process of every slot that has none.
    func startAll() throws { try processes.startAll() }

    /// Starts a slot's process, unless it runs.
    func start(_ name: String) throws { try processes.start(name) }

    /// Ends a slot's process at once.
    func kill(_ name: String) { processes.kill(name) }

    /// Sends a signal to a slot's process.
    func signal(_ number: CInt, to name: String) { processes.signal(number, to: name) }

    /// Starts again what died though nobody killed it, and remembers that.
    func restartUnexpectedlyDead() throws { try processes.restartUnexpectedlyDead() }

    /// The names of processes that ended of themselves.
    var unexpectedDeaths: [String] { processes.unexpectedDeaths }

    /// Asks the workers to stop, and waits until they have.
    func stopWorkers() async throws {
        for number in 1...ChaosPlan.workers { try await processes.stop("worker-\(number)") }
    }

    // MARK: Servers

    /// Kills a server; false where it is down already.
    func killServer(_ name: String) async throws -> Bool {
        guard serversDown.withLock({ $0.insert(name).inserted }) else { return false }
        try await place.servers("kill", name)
        return true
    }

    /// Starts a killed server.
    func startServer(_ name: String) async throws {
        try await place.servers("start", name)
        _ = serversDown.withLock { $0.remove(name) }
    }

    /// Empties Redis; where it is down there is nothing to empty.
    func flushRedis() async throws { try await place.servers("flush-redis") }
}

extension ChaosPlan {
    static var apiRange: Range<Int> { 0..<apis }
}
