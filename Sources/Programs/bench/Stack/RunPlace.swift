import ChildProcesses
import Glibc
import Synchronization

/// Something that a run needs is not there, or did not work.
struct Unusable: Error, CustomStringConvertible {
    let description: String
}

/// Where a run with servers of its own lives: the programs, the folder of its servers and logs.
struct RunPlace: Sendable {
    /// Who submits.
    static let trader = (email: "trader@example.com", password: "bench-password-1")

    /// The `volley` under test.
    let volley: String
    /// The simulated brokers as a program.
    var sandbox: String { programs + "/broker-sandbox" }
    private let programs: String
    private let script: String
    private let folder: String
    private let environment: [String: String]
    private let calls = Calls()

    /// The calls of the script that are under way, and whether there may be more.
    private final class Calls: Sendable {
        private let state = Mutex((hasEnded: false, processes: [ChildProcess]()))

        /// Starts one, unless the end has come.
        func begin(_ start: () throws -> ChildProcess) throws -> ChildProcess {
            try state.withLock { state in
                guard !state.hasEnded else { throw CancellationError() }
                state.processes.removeAll { !$0.isRunning }
                let process = try start()
                state.processes.append(process)
                return process
            }
        }

        /// Lets none begin any more, and waits for those under way: one that was cut short in the
        /// middle of a start could leave a server that nobody knows of.
        func end() {
            let processes = state.withLock { state in
                state.hasEnded = true
                return state.processes
            }
            for process in processes { while process.isRunning { usleep(20_000) } }
        }
    }

    /// The programs lie beside this one; the scripts, in the checkout that is the working folder.
    ///
    /// `name` is the run's word: its folder is called so.
    init(_ name: String, environment: [String: String]) throws {
        self.environment = environment
        var path = [CChar](repeating: 0, count: 4_096)
        let count = readlink("/proc/self/exe", &path, path.count - 1)
        let program = String(decoding: path.prefix(max(0, count)).map(UInt8.init), as: UTF8.self)
        programs = String(program[..<(program.lastIndex(of: "/") ?? program.startIndex)])
        volley = programs + "/volley"
        script = "deploy/local/servers"
        guard access(volley, X_OK) == 0, access(script, X_OK) == 0 else {
            throw Unusable(
                description: "run it in the checkout, with volley built beside bench"
            )
        }
        // PostgreSQL may run as another user, who must get here.
        folder =
            environment["VOLLEY_DATA"].map { "\($0)/\(name)" }
            ?? "/var/tmp/volley-\(name)-\(getpid())"
        guard mkdir(folder, 0o711) == 0 || errno == EEXIST else {
            throw Unusable(description: "\(folder) cannot be made")
        }
    }

    /// What all processes are told, but for the servers' addresses.
    var settings: [String: String] {
        [
            "PATH": environment["PATH"] ?? "/usr/bin:/bin",
            "VOLLEY_SECRET_KEY": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
            "VOLLEY_MARKET_HOURS": "always",
            "VOLLEY_MIGRATIONS": "migrations",
            "VOLLEY_TRADER_EMAIL": Self.trader.email,
            "VOLLEY_TRADER_PASSWORD": Self.trader.password,
        ]
    }

    /// The log of a process.
    func log(_ name: String) -> String { "\(folder)/\(name).log" }

    /// Somewhere for the output of a command.
    func freshOutput() -> String {
        "\(folder)/out-\(UInt64.random(in: 0 ... .max))"
    }

    /// Calls the script that keeps the servers.
    @discardableResult
    func servers(_ arguments: String...) async throws -> String {
        let output = freshOutput()
        let process = try calls.begin { try serversProcess(arguments, output) }
        let status = try await process.exitStatus()
        defer { unlink(output) }
        let text = Self.text(of: output) ?? ""
        guard status == 0 else {
            throw Unusable(description: "\(script) \(arguments) failed:\n\(text)")
        }
        return text
    }

    /// The servers' addresses as settings.
    func serverSettings() async throws -> [String: String] {
        var settings: [String: String] = [:]
        for line in try await servers("env").split(separator: "\n") {
            guard let equals = line.firstIndex(of: "="), line.hasPrefix("VOLLEY_") else { continue }
            settings[String(line[..<equals])] = String(line[line.index(after: equals)...])
        }
        return settings
    }

    /// Ends the servers and removes their data; the logs stay where something went wrong.
    func endServers(keepingLogs: Bool) {
        calls.end()
        let output = freshOutput()
        if let process = try? serversProcess(["stop", "--purge"], output) {
            while process.isRunning { usleep(20_000) }
        }
        unlink(output)
        guard !keepingLogs else { return }
        for name in Self.names(in: folder) { unlink("\(folder)/\(name)") }
        rmdir(folder)
    }

    /// Where the logs are.
    var logs: String { folder }

    private func serversProcess(_ arguments: [String], _ output: String) throws -> ChildProcess {
        var variables = environment
        variables["VOLLEY_DATA"] = folder + "/servers"
        return try ChildProcess(
            "servers",
            script,
            arguments,
            environment: variables,
            output: output
        )
    }

    private static func names(in folder: String) -> [String] {
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// A file's text.
    static func text(of path: String) -> String? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = fread(&buffer, 1, buffer.count, file)
            guard count > 0 else { return String(decoding: text, as: UTF8.self) }
            text += buffer[..<count]
        }
    }
}
