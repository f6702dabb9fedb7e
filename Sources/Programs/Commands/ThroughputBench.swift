import HTTPClient
import JSON
import Telemetry

/// `bench throughput --running`: how many client orders a second a running stack takes to a
/// committed answer.
///
/// From the moment a bulk trade is accepted to the moment its last answer is committed, by the
/// database's own clock; several runs, and at the end the brokers' ledger is held against ours.
package struct ThroughputBench: Sendable {
    private let environment: [String: String]

    package init(environment: [String: String]) { self.environment = environment }

    /// Runs it against the stack of the environment; the exit status tells whether the books agree.
    package func run(_ arguments: [String]) async -> Int32 {
        let terminal = Terminal(isJSON: false)
        let http = HTTPClient(HTTPClientConfiguration(), logger: .silent, metrics: nil)
        var status = ExitStatus.unavailable
        do {
            var parsed = try Arguments(arguments)
            guard try parsed.word("throughput") == "throughput" else {
                throw UsageError("usage: bench throughput --running [--clients N] [--runs N]")
            }
            let clients = Int(parsed.take("clients") ?? "10000") ?? 0
            let runs = Int(parsed.take("runs") ?? "3") ?? 0
            try parsed.finish()
            guard clients > 0, runs > 0 else {
                throw UsageError("--clients and --runs are numbers")
            }
            status = try await measure(
                clients,
                runs,
                terminal,
                LoginDoor(environment: environment, http: http)
            )
        } catch let usage as UsageError {
            terminal.error("bench: \(usage.sentence)")
            status = ExitStatus.usage
        } catch {
            terminal.error("bench: \(error)")
        }
        await http.close()
        return status
    }

    private func measure(_ clients: Int, _ runs: Int, _ terminal: Terminal, _ door: LoginDoor)
        async throws -> Int32
    {
        let commands = CommandRunner(environment: environment)
        guard await commands.run(["demo", "load", "--clients", "\(clients)"]) == ExitStatus.done
        else { return ExitStatus.unavailable }
        let api = try await door.open()
        let symbols = ["RELIANCE", "TCS", "INFY", "HDFCBANK", "ICICIBANK", "SBIN"]
        var rates: [Int64] = []
        var table = Table(["run", "orders", "milliseconds", "orders/s"], numeric: [0, 1, 2, 3])
        for run in 1...runs {
            let (orders, milliseconds) = try await one(symbols[run % symbols.count], api)
            rates.append(orders * 1_000 / max(1, milliseconds))
            table.add(["\(run)", "\(orders)", "\(milliseconds)", "\(rates[rates.count - 1])"])
        }
        terminal.line(table.text)
        terminal.line(
            "median: \(rates.sorted()[rates.count / 2]) orders/s; machine: \(Self.machine())"
        )
        // No figure counts unless the books agree.
        let verdict = await commands.run(["demo", "verify"])
        terminal.line(verdict == ExitStatus.done ? "the books agree" : "FAILED: the books differ")
        return verdict
    }

    /// One bulk trade: how many orders were placed, and how long it took by the database's clock.
    private func one(_ symbol: String, _ api: APIClient) async throws -> (Int64, Int64) {
        let accepted = try await api.send(
            "POST",
            "/api/v1/bulk-trades",
            ["symbol": .string(symbol), "side": "BUY", "percent": "5"]
        )
        guard let task = accepted["task_id"]?.int64 else {
            throw APIClient.Failure.unreachable("the answer names no task")
        }
        while true {
            let status = try await api.get("/api/v1/bulk-trades/\(task)")
            if status["state"]?.string == "COMPLETE",
                let from = Self.milliseconds(status["accepted_at"]?.string),
                let to = Self.milliseconds(status["completed_at"]?.string)
            {
                // Past midnight the clock begins anew.
                let took = to >= from ? to - from : to - from + 86_400_000
                return (status["counts"]?["success"]?.int64 ?? 0, took)
            }
            try await Task.sleep(for: .milliseconds(200))
        }
    }

    /// Milliseconds since midnight of `2026-11-23T09:15:00.250+05:30`.
    private static func milliseconds(_ text: String?) -> Int64? {
        guard let text, text.utf8.count > 23 else { return nil }
        let numbers = text.dropFirst(11).prefix(12).split { !$0.isNumber }.compactMap { Int64($0) }
        guard numbers.count == 4 else { return nil }
        return ((numbers[0] * 60 + numbers[1]) * 60 + numbers[2]) * 1_000 + numbers[3]
    }

    private static func machine() -> String {
        let info = ClientsCommand.read("/proc/cpuinfo").map { String(decoding: $0, as: UTF8.self) }
        let lines = (info ?? "").split(separator: "\n")
        let models = lines.filter { $0.hasPrefix("model name") }
        let name = models.first?.split(separator: ":").last.map(String.init) ?? " unknown"
        return "\(models.count) ×\(name)"
    }
}
