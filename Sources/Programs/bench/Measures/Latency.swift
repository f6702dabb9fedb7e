import Commands
import JSON
import Postgres

/// `bench latency`: how long a small bulk trade takes to its brokers and to its answers while a
/// large one runs, beside the same with nothing else to do.
struct Latency: Measure {
    static let name = "latency"
    static let options = [
        NumberOption("clients", 10_000, 51...100_000), NumberOption("latency", 20, 0...60_000),
        NumberOption("workers", 1, 1...MeasuredStack.mostWorkers),
        NumberOption("samples", 100, 10...2_000), NumberOption("seed", 42, 0...Int(Int32.max)),
    ]

    /// Small trades, each of one group of these, in turn: no account is called too often.
    private static let groups = 40
    private static let small = 5
    private static let pause: Duration = .milliseconds(100)
    private static let symbols = ["TCS", "INFY", "HDFCBANK", "ICICIBANK", "SBIN"]

    private let numbers: Numbers
    let settings: MeasuredStack.Settings

    init(_ numbers: Numbers) {
        self.numbers = numbers
        settings = MeasuredStack.Settings(numbers)
    }

    func measure(_ stack: MeasuredStack) async throws -> [String] {
        let small = (0..<Self.groups).map {
            MeasuredStack.Group(name: "small\($0)", count: Self.small)
        }
        let large = MeasuredStack.Group(name: "large", count: numbers["clients"])
        try await stack.load([large] + small)
        let trades = try await Trades(stack)
        // The first trades of a process make its connections and statements.
        _ = try await alone(trades, 5)
        let alone = try await alone(trades, numbers["samples"])
        let behind = try await behindLarge(trades, numbers["samples"])
        let booked = try await bookings(stack)
        let quiet = try await LatencySample(alone, booked, stack.pool)
        let busy = try await LatencySample(behind, booked, stack.pool)
        MeasureCommand.say(LatencySample.table(alone: quiet, behind: busy).text)
        let expected = numbers["samples"] * Self.small
        return [quiet, busy].filter { $0.bookings.count != expected }.map {
            "\($0.bookings.count) bookings were found of \(expected)"
        }
    }

    private func submitSmall(_ number: Int, _ trades: Trades) async throws -> Trades.Accepted {
        try await trades.submit(
            Self.symbols[number % Self.symbols.count],
            "BUY",
            percent: 1,
            group: "small\(number % Self.groups)"
        )
    }

    /// One after the other, each once the one before has its answers.
    private func alone(_ trades: Trades, _ count: Int) async throws -> [Trades.Accepted] {
        var all: [Trades.Accepted] = []
        for number in 0..<count {
            all.append(try await submitSmall(number, trades))
            _ = try await trades.waitForAnswers(all[number].task)
            try await Task.sleep(for: Self.pause)
        }
        try await trades.waitForFills()
        return all
    }

    /// One every now and then, for as long as a large one runs; then behind the next large one.
    private func behindLarge(_ trades: Trades, _ count: Int) async throws -> [Trades.Accepted] {
        var all: [Trades.Accepted] = []
        while all.count < count {
            let large = try await trades.submit("RELIANCE", "BUY", percent: 5, group: "large")
            var sent: [Trades.Accepted] = []
            repeat {
                try await Task.sleep(for: Self.pause)
                sent.append(try await submitSmall(all.count + sent.count, trades))
            } while try await !trades.isComplete(large.task) && all.count + sent.count < count
            let end = try await trades.waitForAnswers(large.task).completedAt
            // One that came when the large one was over had nothing before it.
            all += sent.filter { $0.sentAt < end }
            for trade in sent { _ = try await trades.waitForAnswers(trade.task) }
            try await trades.waitForFills()
            try await trades.sellBack("RELIANCE")
        }
        return all
    }

    /// When the broker booked each order, by our reference, in microseconds since 1970.
    private func bookings(_ stack: MeasuredStack) async throws -> [String: Int64] {
        var booked: [String: Int64] = [:]
        var after = ""
        repeat {
            let page = try await stack.control(
                stack.http,
                "GET",
                "/control/ledger?side=BUY&limit=10000" + after
            )
            for order in page["orders"]?.array ?? [] {
                guard let reference = order["reference"]?.string,
                    let at = order["booked_at"]?.string.flatMap(ClockText.microseconds)
                else { continue }
                booked[reference] = at
            }
            after = page["next"]?.string.map { "&after=" + $0 } ?? ""
        } while !after.isEmpty
        return booked
    }
}

/// The times that small trades took, in milliseconds.
struct LatencySample: Sendable {
    /// From each submission to the beginning of each of its transactions, in their order.
    let steps: [(name: String, times: Sample)]
    /// From each submission to the booking of each of its orders.
    let bookings: Sample
    /// To the commit of its last answer.
    let answers: Sample

    init(_ trades: [Trades.Accepted], _ booked: [String: Int64], _ pool: PostgresPool) async throws
    {
        let sentAt = Dictionary(trades.map { ($0.task, $0.sentAt) }) { $1 }
        let tasks = PostgresValue.ints(trades.map(\.task))
        bookings = Sample(
            try await pool.query(Self.references, [tasks]).compactMap { row in
                guard let sent = sentAt[row.int(0)], let at = booked[row.text(1)] else {
                    return nil
                }
                return Double(at - sent) / 1_000
            }
        )
        answers = Sample(
            try await pool.query(Self.completions, [tasks]).compactMap { row in
                sentAt[row.int(0)].map { Double(row.timestamp(1) - $0) / 1_000 }
            }
        )
        let marks = try await pool.query(Self.marks, [tasks])
        steps = Self.stepNames.enumerated().map { index, name in
            let times = marks.compactMap { row -> Double? in
                guard let sent = sentAt[row.int(0)], let at = row.optionalTimestamp(index + 1)
                else { return nil }
                return Double(at - sent) / 1_000
            }
            return (name, Sample(times))
        }
    }

    private static let stepNames = [
        "its acceptance", "its plan", "its orders' being queued", "the claim of its last order",
    ]
    private static let marks = PostgresStatement(
        """
        SELECT t.id, t.accepted_at, t.planned_at, t.published_at,
               (SELECT max(a.sent_at) FROM order_intent i JOIN order_attempt a ON a.intent_id = i.id
                WHERE i.task_id = t.id)
        FROM bulk_task t WHERE t.id = ANY ($1::bigint[])
        """
    )

    private static let references = PostgresStatement(
        """
        SELECT i.task_id, a.reference FROM order_intent i JOIN order_attempt a ON a.intent_id = i.id
        WHERE i.task_id = ANY ($1::bigint[]) AND a.state = 'ACCEPTED'
        """
    )
    private static let completions = PostgresStatement(
        "SELECT id, completed_at FROM bulk_task WHERE id = ANY ($1::bigint[])"
    )

    /// Both beside each other.
    static func table(alone: LatencySample, behind: LatencySample) -> Table {
        var table = Table(
            ["from submit to", "of", "alone ms", "behind a large trade ms", "ratio"],
            numeric: [2, 3, 4]
        )
        let steps = zip(alone.steps, behind.steps).map { ($0.name, $0.times, $1.times) }
        for (name, quiet, busy) in steps + [
            ("the broker's booking", alone.bookings, behind.bookings),
            ("the last committed answer", alone.answers, behind.answers),
        ] {
            for percent in [50, 90, 99] {
                let (before, after) = (quiet.percentile(percent), busy.percentile(percent))
                table.add([
                    name, "p\(percent) of \(busy.count)", before.text(1), after.text(1),
                    (after / max(before, 0.001)).text(1),
                ])
            }
        }
        return table
    }
}
