package import BrokerFaces
package import Foundation
package import HTTPClient
package import JSON
package import Postgres
import RabbitMQ
import RabbitQueue
import ServerTesting
import Synchronization
import Telemetry
import Testing
import Trading

/// A whole Volley for one test: real processes, real servers, a database, queues and keys of its own.
package final class Stack: Sendable {
    package let folder: URL
    package let sandbox: Sandbox
    package let client = HTTPClient(HTTPClientConfiguration(), logger: .silent, metrics: nil)
    private let database: String
    private let prefix: String
    private struct State {
        var environment: [String: String]
        var processes: [RoleProcess] = []
    }
    private let state: Mutex<State>

    package static let trader = (email: "trader@example.com", password: "trader-password-1")

    /// Makes the database and its tables, two users, the instruments, and starts the sandbox.
    package static func with<R>(_ body: (Stack) async throws -> R) async throws -> R {
        try await gate.hold { try await run(body) }
    }

    /// Each is half a dozen processes on the same few cores: more of them would only wait for one
    /// another.
    private static let gate = Gate(3)

    private static func run<R>(_ body: (Stack) async throws -> R) async throws -> R {
        let stack = try await Stack()
        do {
            try await stack.prepare()
            let value = try await body(stack)
            await stack.end()
            return value
        } catch {
            stack.showLogs()
            await stack.end()
            throw error
        }
    }

    private init() async throws {
        let name = TestNames.unique()
        database = "volley_e2e_\(name)"
        prefix = "e2e.\(name)."
        folder = FileManager.default.temporaryDirectory.appendingPathComponent(database)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let admin = PostgresPool(
            try PostgresConfiguration(url: try TestServer.postgres.url()),
            size: 1
        )
        try await admin.withConnection { [database] in
            try await $0.execute(script: "CREATE DATABASE \(database)")
        }
        await admin.close()
        sandbox = Sandbox(configuration: .ephemeral)
        try sandbox.start()
        let environment = [
            "PATH": "/usr/bin:/bin",
            "VOLLEY_DATABASE_URL": try Self.url(of: database),
            "VOLLEY_AMQP_URL": try TestServer.rabbitMQ.url(),
            "VOLLEY_REDIS_URL": try TestServer.redis.url(),
            "VOLLEY_PREFIX": prefix,
            "VOLLEY_LISTEN": "127.0.0.1:0",
            "VOLLEY_SECRET_KEY": Data((0..<32).map { UInt8($0) }).base64EncodedString(),
            "VOLLEY_MARKET_HOURS": "always",
            "VOLLEY_DOUBT_SCALE": "20",
            "VOLLEY_SANDBOX_URL": "http://127.0.0.1:\(sandbox.port)",
            "VOLLEY_MIGRATIONS": Programs.root.appendingPathComponent("migrations").path,
            "VOLLEY_TRADER_EMAIL": Self.trader.email,
            "VOLLEY_TRADER_PASSWORD": Self.trader.password,
        ]
        state = Mutex(State(environment: environment))
    }

    /// The settings of processes that are started from now on.
    package var environment: [String: String] { state.withLock(\.environment) }

    private static func url(of database: String) throws -> String {
        var parts = try #require(URLComponents(string: try TestServer.postgres.url()))
        parts.path = "/" + database
        return try #require(parts.string)
    }

    private func prepare() async throws {
        try await run(["migrate"])
        try await run(
            ["admin", "create-user", "--email", Self.trader.email, "--role", "trader"],
            input: Self.trader.password + "\n"
        )
        try await run(["admin", "load-instruments"])
    }

    /// Sets one variable for processes started from now on.
    package func set(_ name: String, _ value: String) {
        state.withLock { $0.environment[name] = value }
    }

    /// Starts a role; it runs until it is stopped or the test ends, or harms itself at `failpoint`.
    @discardableResult
    package func start(_ role: String, failpoint: String? = nil) throws -> RoleProcess {
        let number = state.withLock(\.processes.count)
        let log = folder.appendingPathComponent("\(role)-\(number).log")
        var environment = environment
        if let failpoint { environment["VOLLEY_FAILPOINT"] = failpoint }
        let process = try RoleProcess(role, environment: environment, log: log)
        state.withLock { $0.processes.append(process) }
        return process
    }

    /// Starts an API and waits until it is ready; commands go to it from now on.
    @discardableResult
    package func startAPI(failpoint: String? = nil) async throws -> String {
        try await startAPIProcess(failpoint: failpoint).url
    }

    /// The same, with the process to be harmed.
    package func startAPIProcess(failpoint: String? = nil) async throws -> (
        process: RoleProcess, url: String
    ) {
        let process = try start("api", failpoint: failpoint)
        let url = try await process.listening()
        set("VOLLEY_API_URL", url)
        try await eventually { try await self.status(of: url + "/readyz") == 200 }
        return (process, url)
    }

    package func status(of url: String) async throws -> Int {
        var request = HTTPRequest(method: "GET", url: url)
        request.repeatable = true
        return try await client.send(request).status
    }

    /// Runs a command to its end; another exit status than `expecting` is an error.
    @discardableResult
    package func run(_ arguments: [String], input: String = "", expecting: Int32 = 0) async throws
        -> String
    {
        let result = try await Programs.run("volley", arguments, environment, input: input)
        guard result.status == expecting else {
            throw CommandFailed(arguments: arguments, status: result.status, output: result.output)
        }
        return result.output
    }

    /// Runs a command with `--json` and reads what it says.
    package func json(_ arguments: [String], expecting: Int32 = 0) async throws -> JSONValue {
        let output = try await run(arguments + ["--json"], expecting: expecting)
        return try JSONValue(parsing: output)
    }

    package func sandboxJSON(_ method: String, _ path: String, _ body: String? = nil) async throws
        -> JSONValue
    {
        var request = HTTPRequest(
            method: method,
            url: "http://127.0.0.1:\(sandbox.port)\(path)",
            body: body.map { Array($0.utf8) }
        )
        request.repeatable = true
        return try JSONValue(parsing: try await client.send(request).body)
    }

    /// Everything that the processes have written.
    package func logs() throws -> String {
        try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .map { try String(contentsOf: $0, encoding: .utf8) }.joined()
    }

    /// How many messages are ready in all queues that are worked on, and in those put aside.
    package func messages() async throws -> (worked: Int, dead: Int) {
        let admin = RabbitAdmin(try RabbitConfiguration(url: TestServer.rabbitMQ.url()))
        let topology = QueueTopology(prefix: prefix, brokers: [.dhan, .upstox, .paper])
        var (worked, dead) = (0, 0)
        for queue in topology.worked { worked += try await admin.messageCount(queue) }
        for queue in topology.dead { dead += try await admin.messageCount(queue) }
        await admin.close()
        return (worked, dead)
    }

    /// Puts a message into a queue of this stack.
    package func publish(_ text: String, to queue: String) async throws {
        let publisher = RabbitPublisher(
            try RabbitConfiguration(url: TestServer.rabbitMQ.url()),
            topology: QueueTopology(prefix: prefix, brokers: [.dhan, .upstox, .paper]).declarations
        )
        let message = RabbitMessage(routingKey: prefix + queue, body: Array(text.utf8))
        let outcome = await publisher.publish([message])[0]
        await publisher.close()
        guard case .confirmed = outcome else {
            throw CommandFailed(arguments: ["publish", text], status: 1, output: "\(outcome)")
        }
    }

    /// The first column of the first row.
    package func count(_ query: String) async throws -> Int64 {
        try await withDatabase { try await $0.query(PostgresStatement(query))[0].int(0) }
    }

    /// The first column of every row, as text.
    package func texts(_ query: String) async throws -> [String] {
        try await withDatabase { pool in
            try await pool.query(PostgresStatement(query)).map { $0.text(0) }
        }
    }

    /// A pool on this test's database.
    package func withDatabase<R: Sendable>(_ body: (PostgresPool) async throws -> R) async throws
        -> R
    {
        let url = try #require(environment["VOLLEY_DATABASE_URL"])
        let pool = PostgresPool(try PostgresConfiguration(url: url), size: 1)
        let value = try await body(pool)
        await pool.close()
        return value
    }

    private func showLogs() {
        guard let logs = try? logs() else { return }
        print("--- what the processes wrote ---\n" + logs.suffix(8_000))
    }

    private func end() async {
        for process in state.withLock(\.processes).reversed() { process.end() }
        await sandbox.stop()
        await client.close()
        if let rabbit = try? RabbitConfiguration(url: TestServer.rabbitMQ.url()) {
            let admin = RabbitAdmin(rabbit)
            for queue in QueueTopology(prefix: prefix, brokers: [.dhan, .upstox, .paper])
                .declarations
            {
                try? await admin.delete(queue.name)
            }
            await admin.close()
        }
        if let url = try? TestServer.postgres.url(),
            let configuration = try? PostgresConfiguration(url: url)
        {
            let admin = PostgresPool(configuration, size: 1)
            try? await admin.withConnection { [database] in
                try await $0.execute(script: "DROP DATABASE \(database) WITH (FORCE)")
            }
            await admin.close()
        }
        try? FileManager.default.removeItem(at: folder)
    }
}

/// A command ended otherwise than it should.
package struct CommandFailed: Error, CustomStringConvertible {
    let arguments: [String]
    let status: Int32
    let output: String
    package var description: String {
        "volley \(arguments.joined(separator: " ")) ended with \(status):\n\(output)"
    }
}
