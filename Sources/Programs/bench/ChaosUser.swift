import HTTPClient
import JSON
import Synchronization

/// The trader of a chaos run at the command line: asks until an API answers, always under the same
/// key, as a careful program does, and keeps what was answered.
final class ChaosUser: Sendable {
    /// What the APIs have answered that they have accepted: a key that was sent again and again counts
    /// as one, so more rows than these are rows that nobody asked for.
    struct Accepted: Sendable {
        var tasks: Set<Int64> = []
        var cancels: Set<Int64> = []
        var changes: Set<Int64> = []
        var exits: Set<Int64> = []
        var baskets: Set<Int64> = []
        var halts: [Halt] = []
        /// Changes that an API refused, since the order had ended or another change had not, by code.
        var refusedChanges: [String: Int64] = [:]
    }

    /// A halt, from when it was answered until somebody began to ask for its end.
    struct Halt: Sendable {
        let scope: ChaosErrand.Scope
        let subject: String
        /// Microseconds since 1970.
        let from: Int64
        let until: Int64
    }

    let stack: ChaosStack
    private let settings: [String: String]
    /// The trader's clients, by their ids.
    let clients: [Int64]
    let kept = Mutex(Accepted())

    /// As often it is asked, every half a second, for what must come sooner or later.
    static let rounds = 1_200
    init(_ stack: ChaosStack, _ http: HTTPClient) async throws {
        self.stack = stack
        // Each command of its own would log in: a dozen at once, held up by a frozen API, are more than
        // somebody who guesses may try.
        settings = stack.direct.merging(
            ["VOLLEY_API_KEY": try await stack.makeAPIKey(http)]
        ) { $1 }
        let answer = try JSONValue(parsing: try await stack.mustRun(["clients", "list", "--json"]))
        clients = (answer["clients"]?.array ?? []).compactMap { $0["id"]?.int64 }
        guard !clients.isEmpty else { throw Unusable(description: "there are no clients") }
    }

    /// What was accepted so far.
    var accepted: Accepted { kept.withLock(\.self) }

    // MARK: Trades

    /// Submits, and cancels what is to be cancelled.
    func carryOut(_ trade: ChaosPlan.Trade, number: Int) async throws {
        let words = [trade.symbol, trade.side.lowercased(), "--percent", "\(trade.percent)"]
        let task = try await submit(words, limit: trade.limit, key: "chaos-\(number)")
        guard let cancel = trade.cancel else { return }
        try await Task.sleep(for: cancel.after)
        let scope = cancel.isOfEverything ? ["everything"] : ["task", "\(task)"]
        try await self.cancel(scope, key: "chaos-cancel-\(number)")
        guard cancel.isOfEverything, trade.limit != nil else { return }
        // Everything that there was: should the trade have come a moment too late, it rests still.
        try await self.cancel(["task", "\(task)"], key: "chaos-rest-\(number)")
    }

    /// Its task.
    func submit(_ words: [String], limit: String? = nil, key: String) async throws -> Int64 {
        let price = limit.map { ["--type", "LIMIT", "--price", $0] } ?? []
        let answer = try await insist(["submit"] + words + price + ["--key", key])
        return try keep(answer, "task_id", in: \.tasks)
    }

    func cancel(_ scope: [String], key: String) async throws {
        let answer = try await insist(["cancel"] + scope + ["--key", key])
        _ = try keep(answer, "cancellation_id", in: \.cancels)
    }

    // MARK: The end

    /// Waits until all exits have sold, and keeps what they have made.
    func waitForExits(within patience: Duration) async throws {
        let deadline = ContinuousClock.now + patience
        for exit in accepted.exits {
            var shown = try await insist(["exits", "\(exit)"])
            while shown["state"]?.string != "COMPLETE", ContinuousClock.now < deadline {
                try await Task.sleep(for: .milliseconds(500))
                shown = try await insist(["exits", "\(exit)"])
            }
            _ = try keep(shown, "cancellation_id", in: \.cancels)
            let sales = (shown["task_ids"]?.array ?? []).compactMap(\.int64)
            kept.withLock { $0.tasks.formUnion(sales) }
        }
    }

    // MARK: Asking

    /// Waits until it is known of every order of a trade whether it was placed.
    func complete(_ task: Int64) async throws {
        for _ in 0..<Self.rounds {
            if try await state(of: task) == "COMPLETE" { return }
            try await Task.sleep(for: .milliseconds(500))
        }
        throw Unusable(description: "task \(task) is not complete")
    }

    func state(of task: Int64) async throws -> String? {
        try await insist(["status", "\(task)"])["state"]?.string
    }

    func keep(
        _ answer: JSONValue,
        _ field: String,
        in set: any WritableKeyPath<Accepted, Set<Int64>> & Sendable
    ) throws -> Int64 {
        guard let id = answer[field]?.int64 else {
            throw Unusable(description: "an answer has no \(field)")
        }
        _ = kept.withLock { $0[keyPath: set].insert(id) }
        return id
    }

    enum Answer {
        case answered(JSONValue)
        /// With this code.
        case refused(String)
    }

    /// Asks until an API says yes.
    func insist(_ words: [String]) async throws -> JSONValue {
        switch try await ask(words, unless: []) {
        case .answered(let answer): return answer
        case .refused(let code): throw Unusable(description: "\(words) was refused: \(code)")
        }
    }

    /// Asks until an API answers; it may refuse with these codes.
    func ask(_ words: [String], unless codes: [String]) async throws -> Answer {
        for attempt in 0..<200 {
            var environment = settings
            environment["VOLLEY_API_URL"] = stack.apiURLs[attempt % ChaosPlan.apis]
            let (status, text) = try await stack.processes.command(
                words + ["--json"],
                environment: environment
            )
            switch status {
            // 1: done, and some order that it shows has failed.
            case 0, 1: return .answered(text.isEmpty ? .null : try JSONValue(parsing: text))
            case 3:
                guard let code = codes.first(where: { text.contains("(\($0), HTTP") }) else {
                    throw Unusable(description: "\(words) was refused: \(text)")
                }
                return .refused(code)
            case 4: try await Task.sleep(for: .milliseconds(300))
            default: throw Unusable(description: "\(words) ended with \(status): \(text)")
            }
        }
        throw Unusable(description: "no API accepted \(words)")
    }
}
