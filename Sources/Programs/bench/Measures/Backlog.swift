import Commands
import JSON
import Postgres

/// `bench backlog`: many bulk trades at once, and whether memory, speed and answers to polls stay
/// what they are while hundreds of thousands of orders wait.
struct Backlog: Measure {
    static let name = "backlog"
    static let options = [
        NumberOption("clients", 20_000, 100...100_000), NumberOption("trades", 50, 2...90),
        NumberOption("latency", 0, 0...60_000),
        NumberOption("workers", 1, 1...MeasuredStack.mostWorkers),
        NumberOption("every", 10, 1...600), NumberOption("postbacks", 1, 0...1),
        NumberOption("seed", 42, 0...Int(Int32.max)),
    ]

    private static let symbols = ["TCS", "INFY", "HDFCBANK", "ICICIBANK", "SBIN", "ITC", "WIPRO"]
    private static let connections = 4
    /// Some hundred polls a second: people who watch, and no load of its own.
    private static let restMilliseconds: UInt32 = 10

    /// One look at the work while it goes on.
    private struct Look {
        let seconds: Double
        let placed: Int64
        let reading: ProcessReading
    }

    private let numbers: Numbers
    let settings: MeasuredStack.Settings
    /// A million rows one by one are held against the ledger by their number instead.
    var comparesAllBooks: Bool { false }

    init(_ numbers: Numbers) {
        self.numbers = numbers
        settings = MeasuredStack.Settings(numbers)
    }

    func measure(_ stack: MeasuredStack) async throws -> [String] {
        try await stack.load([MeasuredStack.Group(name: "all", count: numbers["clients"])])
        let trades = try await Trades(stack)
        let began = ContinuousClock.now
        var tasks: [Int64] = []
        for number in 0..<numbers["trades"] {
            let symbol = Self.symbols[number % Self.symbols.count]
            tasks.append(try await trades.submit(symbol, "BUY", percent: 1).task)
        }
        let submitting = began.duration(to: .now) / .seconds(1)
        MeasureCommand.say(
            "\(tasks.count) trades for \(numbers["clients"]) clients each were accepted in"
                + " \(submitting.text(2)) s"
        )
        let request = try Polls.request(tasks[tasks.count / 2], trades, sendsTag: false)
        let load = PollLoad(
            request,
            connections: Self.connections,
            restMilliseconds: Self.restMilliseconds
        )
        let looks = try await watch(stack, since: began)
        let polls = await load.end()
        MeasureCommand.say(table(looks).text)
        MeasureCommand.say(Self.summary(looks, polls))
        try await trades.waitForFills()
        return try await problems(stack, tasks) + [polls.problem].compactMap(\.self)
    }

    /// Looks again and again until every trade is complete.
    private func watch(_ stack: MeasuredStack, since began: ContinuousClock.Instant) async throws
        -> [Look]
    {
        let open = PostgresStatement("SELECT count(*) FROM bulk_task WHERE state <> 'COMPLETE'")
        var looks: [Look] = []
        while true {
            try await Task.sleep(for: .seconds(numbers["every"]))
            let calls = try await stack.control(stack.http, "GET", "/control/calls")
            looks.append(
                Look(
                    seconds: began.duration(to: .now) / .seconds(1),
                    placed: calls["placements"]?.int64 ?? 0,
                    reading: stack.read()
                )
            )
            if try await stack.pool.query(open)[0].int(0) == 0 { return looks }
        }
    }

    private func table(_ looks: [Look]) -> Table {
        let parts = MeasuredStack.parts
        var table = Table(
            ["s", "placed", "orders/s"] + parts.map { $0 + " MB" },
            numeric: Set(0...(2 + parts.count))
        )
        var before: Look?
        for look in looks {
            let orders = look.placed - (before?.placed ?? 0)
            let seconds = look.seconds - (before?.seconds ?? 0)
            table.add(
                [
                    look.seconds.text(), Double(look.placed).text(),
                    (Double(orders) / seconds).text(),
                ]
                    + parts.map {
                        let bytes = look.reading.groups[$0]?.residentBytes ?? 0
                        return (Double(bytes) / 1_048_576).text()
                    }
            )
            before = look
        }
        return table
    }

    /// The second quarter beside the last: in the first, plans are made meanwhile.
    private static func summary(_ looks: [Look], _ polls: PollLoad.Figures) -> String {
        let all = looks.last?.placed ?? 0
        let place = { (part: Double) in
            looks.first { Double($0.placed) >= Double(all) * part } ?? looks[looks.count - 1]
        }
        let rate = { (from: Look, to: Look) in
            Double(to.placed - from.placed) / max(0.001, to.seconds - from.seconds)
        }
        let early = rate(place(0.25), place(0.5))
        let late = rate(place(0.75), looks[looks.count - 1])
        let memory = { (look: Look) in
            Double(look.reading.groups["worker"]?.residentBytes ?? 0) / 1_048_576
        }
        let times = Sample(polls.milliseconds)
        return "orders/s: \(early.text()) in the second quarter, \(late.text()) in the last; worker"
            + " \(memory(place(0.25)).text()) MB, then \(memory(looks[looks.count - 1]).text()) MB;"
            + " status polls p50 \(times.median.text(2)) ms, p99 \(times.percentile(99).text(2)) ms"
    }

    private func problems(_ stack: MeasuredStack, _ tasks: [Int64]) async throws -> [String] {
        let counts = try await stack.pool.query(
            PostgresStatement(
                """
                SELECT count(*) FILTER (WHERE attempts > 0), count(*),
                       coalesce(sum(filled), 0)::bigint FROM order_intent
                """
            )
        )[0]
        let ledger = try await stack.control(stack.http, "GET", "/control/ledger/summary")
        let filled = (ledger["by_symbol_side"]?.array ?? []).reduce(Int64(0)) {
            $0 + ($1["filled_quantity"]?.int64 ?? 0)
        }
        var problems: [String] = []
        if counts.int(1) != Int64(tasks.count * numbers["clients"]) {
            problems.append("\(counts.int(1)) orders are known")
        }
        if ledger["booked"]?.int64 != counts.int(0) || ledger["duplicates"]?.int64 != 0 {
            problems.append("\(counts.int(0)) were sent; the brokers' ledger: \(ledger)")
        }
        if filled != counts.int(2) {
            problems.append("\(counts.int(2)) shares filled, \(filled) by the brokers' ledger")
        }
        return problems
    }
}
