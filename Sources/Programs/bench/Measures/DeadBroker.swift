import Commands
import JSON
import Postgres

/// `bench brokers`: what one broker that answers nothing does to the orders at the others.
///
/// One trade over clients of all brokers, again and again: with all brokers well, and with every call
/// of one of them left without an answer. The others' orders are measured in both.
struct DeadBroker: Measure {
    static let name = "brokers"
    static let options = [
        NumberOption("clients", 4_000, 8...100_000), NumberOption("latency", 20, 0...60_000),
        NumberOption("workers", 1, 1...MeasuredStack.mostWorkers),
        NumberOption("dead", 1, 1...4), NumberOption("runs", 2, 1...20),
        NumberOption("seed", 42, 0...Int(Int32.max)),
    ]
    private static let brokers = ["dhan", "zerodha", "upstox", "groww"]
    /// Longer than any call waits.
    private static let silenceMilliseconds: Int64 = 120_000

    private let numbers: Numbers
    let settings: MeasuredStack.Settings

    init(_ numbers: Numbers) {
        self.numbers = numbers
        settings = MeasuredStack.Settings(numbers)
    }

    /// What one trade showed of the brokers that were well all the time.
    private struct Run {
        let isDead: Bool
        /// Orders a second, broker by broker, from the trade's acceptance to the last answer.
        let rates: [String: Double]
        let all: Double
        /// Orders at the other brokers, those answered, and those of them that had to be looked for.
        let orders: Int64
        let answered: Int64
        let doubts: Int64
        /// Milliseconds from the trade's acceptance to their last fill.
        let untilFills: Double
    }

    func measure(_ stack: MeasuredStack) async throws -> [String] {
        let dead = Self.brokers[numbers["dead"] - 1]
        try await stack.load(
            [MeasuredStack.Group(name: "all", count: numbers["clients"])],
            at: Self.brokers
        )
        let trades = try await Trades(stack)
        // The first trade of a process makes its connections and statements.
        _ = try await run(trades, dead, isDead: false)
        var runs: [Run] = []
        for _ in 0..<numbers["runs"] {
            runs.append(try await run(trades, dead, isDead: false))
            runs.append(try await run(trades, dead, isDead: true))
        }
        MeasureCommand.say(Self.table(runs, dead).text)
        return runs.filter { $0.answered != $0.orders || $0.doubts > 0 }.map {
            "of \($0.orders) orders at well brokers \($0.answered) were answered, "
                + "\($0.doubts) had to be looked for"
        }
    }

    private func run(_ trades: Trades, _ dead: String, isDead: Bool) async throws -> Run {
        let stack = trades.stack
        if isDead {
            let rule: JSONValue = [
                "kind": "delay", "face": .string(dead),
                "milliseconds": .integer(Self.silenceMilliseconds),
            ]
            _ = try await stack.control(stack.http, "POST", "/control/faults", rule)
        }
        let trade = try await trades.submit("RELIANCE", "BUY", percent: 1)
        try await waitForOthers(trade.task, dead, stack)
        try await waitForFills(trade.task, dead, stack)
        let found = try await figures(of: trade.task, dead, isDead, stack)
        if isDead { _ = try await stack.control(stack.http, "DELETE", "/control/faults") }
        // What lay at the dead one is sent, or found, once it answers again.
        _ = try await trades.waitForAnswers(trade.task)
        try await trades.waitForFills()
        try await trades.sellBack("RELIANCE")
        return found
    }

    private func waitForOthers(_ task: Int64, _ dead: String, _ stack: MeasuredStack) async throws {
        let deadline = ContinuousClock.now + .seconds(600)
        while ContinuousClock.now < deadline {
            let row = try await stack.pool.query(Self.open, [.int(task), .text(dead)])[0]
            if row.int(0) > 0, row.int(1) == 0 { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw Unusable(description: "orders at well brokers have no answer after 600 s")
    }

    private func waitForFills(_ task: Int64, _ dead: String, _ stack: MeasuredStack) async throws {
        let deadline = ContinuousClock.now + .seconds(600)
        while ContinuousClock.now < deadline {
            let row = try await stack.pool.query(Self.unfilled, [.int(task), .text(dead)])[0]
            if row.int(0) == 0 { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw Unusable(description: "orders at well brokers are not filled after 600 s")
    }

    private func figures(
        of task: Int64,
        _ dead: String,
        _ isDead: Bool,
        _ stack: MeasuredStack
    ) async throws -> Run {
        let rows = try await stack.pool.query(Self.answers, [.int(task), .text(dead)])
        var rates: [String: Double] = [:]
        var (orders, answered, doubts, longest): (Int64, Int64, Int64, Int64) = (0, 0, 0, 1)
        for row in rows {
            let micros = max(row.int(3), 1)
            rates[row.text(0)] = Double(row.int(2)) * 1_000_000 / Double(micros)
            orders += row.int(1)
            answered += row.int(2)
            doubts += row.int(4)
            longest = max(longest, micros)
        }
        let last = try await stack.pool.query(Self.lastFill, [.int(task), .text(dead)])[0]
        return Run(
            isDead: isDead,
            rates: rates,
            all: Double(answered) * 1_000_000 / Double(longest),
            orders: orders,
            answered: answered,
            doubts: doubts,
            untilFills: Double(last.int(0)) / 1_000
        )
    }

    private static func table(_ runs: [Run], _ dead: String) -> Table {
        var table = Table(
            ["broker", "orders/s, all well", "orders/s, \(dead) dead", "ratio"],
            numeric: [1, 2, 3]
        )
        func add(_ name: String, _ rate: (Run) -> Double) {
            let well = Sample(runs.filter { !$0.isDead }.map(rate)).median
            let other = Sample(runs.filter(\.isDead).map(rate)).median
            table.add([name, well.text(), other.text(), (other / max(1, well)).text(2)])
        }
        for broker in brokers where broker != dead { add(broker) { $0.rates[broker] ?? 0 } }
        add("these three") { $0.all }
        add("ms to their last fill") { $0.untilFills }
        return table
    }

    /// Orders of a task that are at other brokers, and those of them without an answer.
    private static let open = PostgresStatement(
        """
        SELECT count(*), count(*) FILTER (WHERE state IN ('READY', 'SENDING', 'UNKNOWN'))
        FROM order_intent WHERE task_id = $1 AND broker <> $2::text
        """
    )

    private static let unfilled = PostgresStatement(
        """
        SELECT count(*) FROM order_intent
        WHERE task_id = $1 AND broker <> $2::text
          AND state IN ('ACCEPTED', 'OPEN', 'PARTLY_FILLED', 'CANCEL_REQUESTED')
        """
    )

    private static let lastFill = PostgresStatement(
        """
        SELECT coalesce(
            (extract(epoch FROM max(i.updated_at) - min(t.accepted_at)) * 1000000)::bigint, 0
        )
        FROM order_intent i JOIN bulk_task t ON t.id = i.task_id
        WHERE i.task_id = $1 AND i.broker <> $2::text AND i.state = 'FILLED'
        """
    )

    private static let answers = PostgresStatement(
        """
        SELECT i.broker, count(DISTINCT i.id), count(a.answered_at),
               coalesce(
                   extract(epoch FROM max(a.answered_at) - min(t.accepted_at)) * 1000000, 0
               )::bigint,
               count(*) FILTER (WHERE a.unknown_since IS NOT NULL)
        FROM order_intent i JOIN bulk_task t ON t.id = i.task_id
        LEFT JOIN order_attempt a ON a.intent_id = i.id AND a.number = i.attempts
        WHERE i.task_id = $1 AND i.broker <> $2::text
        GROUP BY i.broker ORDER BY i.broker
        """
    )
}
