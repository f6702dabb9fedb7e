import Commands
import HTTPClient
import JSON
import Postgres

/// `bench cancels`: how long it takes to cancel all of a large bulk trade that rests at its brokers, with
/// nothing else to do, and while another large one is being placed.
struct CancelTimes: Measure {
    static let name = "cancels"
    static let options = [
        NumberOption("clients", 10_000, 51...100_000), NumberOption("latency", 20, 0...60_000),
        NumberOption("workers", 1, 1...MeasuredStack.mostWorkers),
        NumberOption("seed", 42, 0...Int(Int32.max)),
    ]

    private let numbers: Numbers
    let settings: MeasuredStack.Settings

    init(_ numbers: Numbers) {
        self.numbers = numbers
        settings = MeasuredStack.Settings(numbers)
    }

    func measure(_ stack: MeasuredStack) async throws -> [String] {
        try await stack.load([
            MeasuredStack.Group(name: "resting", count: numbers["clients"]),
            MeasuredStack.Group(name: "entries", count: numbers["clients"]),
        ])
        let trades = try await Trades(stack)
        let alone = try await cancelled(trades, during: nil)
        let entries = try await trades.submit("RELIANCE", "BUY", percent: 5, group: "entries")
        _ = try await trades.waitForAnswers(entries.task)
        try await trades.waitForFills()
        try await trades.sellBack("RELIANCE")
        let busy = try await cancelled(trades, during: "entries")
        MeasureCommand.say(CancelSample.table(alone: alone, busy: busy).text)
        return [alone, busy].filter { $0.orders == 0 }.map { _ in "no order was cancelled" }
    }

    /// Lets a trade rest, and cancels it; while these clients' orders are placed, where some are named.
    private func cancelled(_ trades: Trades, during group: String?) async throws -> CancelSample {
        let resting = try await trades.submit(
            "SBIN",
            "BUY",
            percent: 5,
            group: "resting",
            limit: "800"
        )
        _ = try await trades.waitForAnswers(resting.task)
        var entries: Trades.Accepted?
        if let group {
            let large = try await trades.submit("RELIANCE", "BUY", percent: 5, group: group)
            entries = large
            // Once orders leave, all of them are in their queues.
            while try await trades.sent(of: large.task) == 0 {
                try await Task.sleep(for: .milliseconds(10))
            }
        }
        let sentAt = Trades.now()
        try await trades.cancel(resting.task)
        try await trades.waitForCancels(of: resting.task)
        let behind = if let entries { try await trades.sent(of: entries.task) } else { Int64(0) }
        let sample = try await CancelSample(resting.task, sentAt, behind, trades.stack.pool)
        if let entries { _ = try await trades.waitForAnswers(entries.task) }
        try await trades.waitForFills()
        if entries != nil { try await trades.sellBack("RELIANCE") }
        return sample
    }
}

extension Trades {
    /// Asks for the cancel of all that is open of a trade.
    func cancel(_ task: Int64) async throws {
        let answer = try await stack.http.send(
            HTTPRequest(
                method: "POST",
                url: stack.apiURLs[0] + "/api/v1/bulk-trades/\(task)/cancel",
                headers: [("Authorization", "Bearer " + token)],
                timeout: .seconds(60)
            )
        )
        guard answer.status == 202 else {
            let words = String(decoding: answer.body, as: UTF8.self)
            throw Unusable(description: "a cancel was refused: \(answer.status) \(words)")
        }
    }

    /// Waits until no order of a trade is open.
    func waitForCancels(of task: Int64) async throws {
        let deadline = ContinuousClock.now + .seconds(600)
        while ContinuousClock.now < deadline {
            if try await stack.pool.query(Self.open, [.int(task)])[0].int(0) == 0 { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw Unusable(description: "orders that were cancelled are open after 600 s")
    }

    /// How many orders of a trade were sent.
    func sent(of task: Int64) async throws -> Int64 {
        try await stack.pool.query(Self.attempted, [.int(task)])[0].int(0)
    }

    private static let open = PostgresStatement(
        """
        SELECT count(*) FROM order_intent
        WHERE task_id = $1 AND state NOT IN ('FILLED', 'CANCELLED', 'REJECTED', 'EXPIRED', 'SKIPPED')
        """
    )
    private static let attempted = PostgresStatement(
        "SELECT count(*) FROM order_intent WHERE task_id = $1 AND attempts > 0"
    )
}

/// What cancelling one bulk trade took, in milliseconds from the request.
struct CancelSample: Sendable {
    let orders: Int64
    /// Until the first broker had answered a cancel, half of them had, and the last one.
    let asked: [Double]
    /// Until the first order had ended by its broker's books, half of them had, and the last one.
    let ended: [Double]
    /// Entries that had been sent by the time the last order had ended.
    let entries: Int64

    init(_ task: Int64, _ sentAt: Int64, _ entries: Int64, _ pool: PostgresPool) async throws {
        let row = try await pool.query(Self.times, [.int(task)])[0]
        orders = row.int(0)
        asked = (1...3).map { Double(row.int($0) - sentAt) / 1_000 }
        ended = (4...6).map { Double(row.int($0) - sentAt) / 1_000 }
        self.entries = entries
    }

    private static let times = PostgresStatement(
        """
        SELECT count(*), \(quantiles("k.tried_at")), \(quantiles("i.updated_at"))
        FROM order_intent i JOIN order_cancel k ON k.intent_id = i.id
        WHERE i.task_id = $1 AND i.state = 'CANCELLED'
        """
    )

    private static func quantiles(_ column: String) -> String {
        [0.0, 0.5, 1.0].map { part in
            """
            coalesce((percentile_disc(\(part)) WITHIN GROUP (ORDER BY
                extract(epoch FROM \(column)) * 1000000))::bigint, 0)
            """
        }.joined(separator: ", ")
    }

    /// Both beside each other.
    static func table(alone: CancelSample, busy: CancelSample) -> Table {
        var table = Table(
            ["from the cancel's submit to", "alone ms", "while entries run ms"],
            numeric: [1, 2]
        )
        for (name, quiet, loud) in [
            ("a broker's answer to its cancel", alone.asked, busy.asked),
            ("an order's end by its books", alone.ended, busy.ended),
        ] {
            for (place, which) in ["first", "half", "last"].enumerated() {
                table.add(["\(name), \(which)", quiet[place].text(0), loud[place].text(0)])
            }
        }
        table.add(["orders cancelled", "\(alone.orders)", "\(busy.orders)"])
        table.add(["entries sent meanwhile", "0", "\(busy.entries)"])
        return table
    }
}
