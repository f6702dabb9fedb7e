import BrokerFaces
import ChildProcesses
import Glibc
import NetworkTrouble
import Synchronization

/// A whole Volley of its own for a chaos run: servers, proxies before them, sandbox, and processes.
///
/// Everything that it starts it can end at any moment, also from a signal's thread.
final class ChaosStack: Sendable {
    /// Something that the run needs is not there, or did not work.
    struct Unusable: Error, CustomStringConvertible {
        let description: String
    }

    /// A role's place: the process in it may be killed and started again.
    private struct Slot {
        let role: String
        let environment: [String: String]
        var process: ChildProcess?
        var isDownOnPurpose = false
    }

    private struct State {
        var slots: [String: Slot] = [:]
        var commands: [ChildProcess] = []
        var serversDown: Set<String> = []
        var unexpectedDeaths: [String] = []
        var hasEnded = false
    }

    static let apiNames = (1...ChaosPlan.apis).map { "api-\($0)" }

    let sandbox: Sandbox
    let databaseURL: String
    /// One for each of `ChaosPlan.links`.
    let proxies: [TestProxy]
    let apiURLs: [String]
    let place: ChaosPlace
    /// For commands: straight to the servers.
    let direct: [String: String]
    private let state = Mutex(State())

    /// Starts servers, sandbox and proxies.
    init(_ place: ChaosPlace) async throws {
        self.place = place
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
        common["VOLLEY_SANDBOX_URL"] = broker
        common["VOLLEY_API_URL"] = apiURLs[0]
        direct = common.merging(servers) { $1 }.merging(["VOLLEY_DHAN_URL": broker + "/dhan/v2"]) {
            $1
        }
        var troubled = common
        // A frozen consumer's messages come back after two heartbeats.
        let ends = ["", "?heartbeat=5", ""]
        for (index, name) in ["VOLLEY_DATABASE_URL", "VOLLEY_AMQP_URL", "VOLLEY_REDIS_URL"]
            .enumerated()
        {
            troubled[name] = Loopback.moved(urls[index], to: proxies[index].port) + ends[index]
        }
        troubled["VOLLEY_DHAN_URL"] = "http://127.0.0.1:\(proxies[3].port)/dhan/v2"
        fillSlots(troubled)
    }

    private func fillSlots(_ environment: [String: String]) {
        var slots = ["relay": Slot(role: "relay", environment: environment)]
        slots["scheduler"] = Slot(role: "scheduler", environment: environment)
        for number in 1...ChaosPlan.workers {
            slots["worker-\(number)"] = Slot(role: "worker", environment: environment)
        }
        for (name, url) in zip(Self.apiNames, apiURLs) {
            var own = environment
            own["VOLLEY_LISTEN"] = String(url.dropFirst("http://".count))
            slots[name] = Slot(role: "api", environment: own)
        }
        state.withLock { [slots] in $0.slots = slots }
    }

    // MARK: Processes

    /// Starts the process of every slot that has none.
    func startAll() throws {
        for name in state.withLock({ $0.slots.keys.sorted() }) { try start(name) }
    }

    /// Starts a slot's process, unless it runs.
    func start(_ name: String) throws {
        try state.withLock { state in
            guard !state.hasEnded, let slot = state.slots[name], slot.process?.isRunning != true
            else { return }
            state.slots[name]?.process = try ChildProcess(
                name,
                place.volley,
                [slot.role],
                environment: slot.environment,
                output: place.log(name)
            )
            state.slots[name]?.isDownOnPurpose = false
        }
    }

    /// Ends a slot's process at once.
    func kill(_ name: String) {
        let process = state.withLock { state in
            state.slots[name]?.isDownOnPurpose = true
            return state.slots[name]?.process
        }
        process?.end()
    }

    /// Sends a signal to a slot's process.
    func signal(_ number: CInt, to name: String) {
        state.withLock { $0.slots[name]?.process }?.signal(number)
    }

    /// Starts again what died though nobody killed it, and remembers that.
    func restartUnexpectedlyDead() throws {
        let dead = state.withLock { state in
            let dead = state.slots.filter { _, slot in
                !slot.isDownOnPurpose && slot.process?.isRunning == false
            }.keys.sorted()
            state.unexpectedDeaths += dead
            return dead
        }
        for name in dead { try start(name) }
    }

    /// The names of processes that ended of themselves.
    var unexpectedDeaths: [String] { state.withLock(\.unexpectedDeaths) }

    /// Asks the workers to stop, and waits until they have.
    func stopWorkers() async throws {
        for number in 1...ChaosPlan.workers {
            let process = state.withLock { state in
                state.slots["worker-\(number)"]?.isDownOnPurpose = true
                return state.slots["worker-\(number)"]?.process
            }
            process?.signal(SIGTERM)
            guard try await process?.exitStatus() == 0 else {
                throw Unusable(description: "worker \(number) did not stop well")
            }
        }
    }

    // MARK: Servers

    /// Kills a server; false where it is down already.
    func killServer(_ name: String) async throws -> Bool {
        guard state.withLock({ $0.serversDown.insert(name).inserted }) else { return false }
        try await place.servers("kill", name)
        return true
    }

    /// Starts a killed server.
    func startServer(_ name: String) async throws {
        try await place.servers("start", name)
        _ = state.withLock { $0.serversDown.remove(name) }
    }

    // MARK: Commands

    /// Runs `volley` to its end, straight at the servers.
    ///
    /// - Returns: its exit status and what it wrote.
    func command(_ arguments: [String], api: Int = 0) async throws -> (status: CInt, text: String) {
        let output = place.freshOutput()
        var environment = direct
        environment["VOLLEY_API_URL"] = apiURLs[api]
        let process = try ChildProcess(
            "volley",
            place.volley,
            arguments,
            environment: environment,
            output: output
        )
        state.withLock { $0.commands.append(process) }
        let status = try await process.exitStatus()
        state.withLock { $0.commands.removeAll { $0 === process } }
        defer { unlink(output) }
        return (status, ChaosPlace.text(of: output) ?? "")
    }

    /// Runs `volley`, and throws unless it does what was asked.
    @discardableResult
    func mustRun(_ arguments: [String]) async throws -> String {
        let (status, text) = try await command(arguments)
        guard status == 0 else {
            let words = arguments.joined(separator: " ")
            throw Unusable(description: "volley \(words) ended with \(status):\n\(text)")
        }
        return text
    }

    // MARK: The end

    /// Ends every process that was started, now; may be called from anywhere, and more than once.
    func endProcesses() {
        let processes = state.withLock { state in
            state.hasEnded = true
            return state.slots.values.compactMap(\.process) + state.commands
        }
        for process in processes { process.end() }
    }
}

extension ChaosPlan {
    static var apiRange: Range<Int> { 0..<apis }
}
