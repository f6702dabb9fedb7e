import ChildProcesses
import Glibc
import HTTPClient
import JSON

/// What a run needs of its stack beside trouble.
extension ChaosStack {
    /// Makes the trader who submits.
    func makeTrader() async throws {
        let (input, output) = (place.freshOutput(), place.freshOutput())
        defer {
            unlink(input)
            unlink(output)
        }
        guard let file = fopen(input, "w") else { throw Unusable(description: "no room for files") }
        fputs(ChaosPlace.trader.password + "\n", file)
        fclose(file)
        let words = [
            "admin", "create-user", "--email", ChaosPlace.trader.email, "--role", "trader",
        ]
        let process = try ChildProcess(
            "volley",
            place.volley,
            words,
            environment: direct,
            input: input,
            output: output
        )
        guard try await process.exitStatus() == 0 else {
            throw Unusable(description: "no trader was made: \(ChaosPlace.text(of: output) ?? "")")
        }
    }

    /// Waits until every API is ready.
    func waitForAPIs(_ http: HTTPClient) async throws {
        let deadline = ContinuousClock.now + .seconds(120)
        for url in apiURLs {
            var request = HTTPRequest(method: "GET", url: url + "/readyz")
            request.repeatable = true
            while (try? await http.send(request).status) != 200 {
                guard ContinuousClock.now < deadline else {
                    throw Unusable(description: "the API at \(url) is not ready")
                }
                try await Task.sleep(for: .milliseconds(100))
            }
        }
    }

    /// The queues once they and the outbox are empty, or once they should long have been.
    func settledQueues() async throws -> [(name: String, messages: Int64)] {
        let deadline = ContinuousClock.now + .seconds(150)
        while true {
            let text = try await mustRun(["queues", "--json"])
            let queues = (try JSONValue(parsing: text)["queues"]?.array ?? []).map {
                (name: $0["queue"]?.string ?? "", messages: $0["ready"]?.int64 ?? 0)
            }
            let unsent = try await OrderFigures.outboxCount(databaseURL: databaseURL)
            let isEmpty = unsent == 0 && queues.allSatisfy { $0.messages == 0 }
            if isEmpty || ContinuousClock.now >= deadline { return queues }
            try await Task.sleep(for: .milliseconds(500))
        }
    }

    /// Empties Redis; where it is down there is nothing to empty.
    func flushRedis() async throws { try await place.servers("flush-redis") }
}
