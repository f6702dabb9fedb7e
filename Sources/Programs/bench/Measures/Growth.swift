import Commands
import Postgres

/// `bench growth`: what an order costs, and how fast orders and polls go, once there is a history.
struct Growth: Measure {
    static let name = "growth"
    static let options = [
        NumberOption("clients", 10_000, 100...100_000),
        NumberOption("intents", 1_000_000, 1_000...10_000_000),
        NumberOption("latency", 0, 0...60_000),
        NumberOption("workers", 1, 1...MeasuredStack.mostWorkers),
        NumberOption("runs", 3, 1...100), NumberOption("seed", 42, 0...Int(Int32.max)),
    ]
    private static let connections = 32

    private let numbers: Numbers
    let settings: MeasuredStack.Settings

    /// The brokers know nothing of a history that was only written down.
    var comparesAllBooks: Bool { false }

    init(_ numbers: Numbers) {
        self.numbers = numbers
        settings = MeasuredStack.Settings(numbers)
    }

    /// What one state of the database showed.
    private struct Side {
        let results: [TradeRuns.Result]
        let polls: PollLoad.Figures
    }

    func measure(_ stack: MeasuredStack) async throws -> [String] {
        try await stack.load([MeasuredStack.Group(name: "all", count: numbers["clients"])])
        let trades = try await Trades(stack)
        _ = try await TradeRuns(trades, clients: numbers["clients"]).run(1)
        let empty = try await side(trades)
        let history = try History(stack)
        let size = try await history.databaseBytes()
        let begun = ContinuousClock.now
        let written = try await history.write(numbers["intents"])
        let bytes = try await history.databaseBytes() - size
        MeasureCommand.say(
            "\(written) finished orders written in "
                + "\((begun.duration(to: .now) / .seconds(1)).text()) s, "
                + "\((Double(bytes) / Double(max(1, written))).text()) bytes each"
        )
        let grown = try await side(trades)
        MeasureCommand.say(Self.table(empty, grown).text)
        return TradeRuns.problems(empty.results + grown.results, numbers["clients"])
            + [empty, grown].compactMap(\.polls.problem)
            + (try await taskProblems(stack, empty.results + grown.results))
    }

    private func side(_ trades: Trades) async throws -> Side {
        let results = try await TradeRuns(trades, clients: numbers["clients"]).run(numbers["runs"])
        let request = try Polls.request(results[0].task, trades, sendsTag: false)
        let polls = try await PollLoad.run(
            request,
            connections: Self.connections,
            for: .seconds(5)
        )
        return Side(results: results, polls: polls)
    }

    /// Every measured trade against the brokers' ledger, one by one.
    private func taskProblems(_ stack: MeasuredStack, _ results: [TradeRuns.Result]) async throws
        -> [String]
    {
        var problems: [String] = []
        for result in results {
            let words = ["demo", "verify", "--task", "\(result.task)"]
            let verdict = try await stack.command(words)
            if verdict.status != 0 {
                problems.append("the books of task \(result.task) differ:\n\(verdict.text)")
            }
        }
        return problems
    }

    private static func table(_ empty: Side, _ grown: Side) -> Table {
        var table = Table(["", "empty", "with history", "ratio"], numeric: [1, 2, 3])
        func add(_ name: String, _ decimals: Int = 0, _ value: (Side) -> Double) {
            let (before, after) = (value(empty), value(grown))
            table.add([
                name, before.text(decimals), after.text(decimals),
                (after / max(before, 0.000_001)).text(2),
            ])
        }
        add("orders/s") { Sample($0.results.map(\.ordersPerSecond)).median }
        add("CPU s/1,000 to last answer", 3) {
            Sample($0.results.map { $0.cost(untilFills: false) }).median
        }
        add("CPU s/1,000 to last fill", 3) {
            Sample($0.results.map { $0.cost(untilFills: true) }).median
        }
        add("of it postgresql", 3) {
            Sample($0.results.map { $0.cost("postgresql", untilFills: true) }).median
        }
        add("status polls/s") { $0.polls.perSecond }
        add("status poll p99 ms", 2) { Sample($0.polls.milliseconds).percentile(99) }
        add("strangers' CPU %") {
            Sample($0.results.map { $0.answered.strangersPart(since: $0.before) * 100 }).median
        }
        return table
    }
}
