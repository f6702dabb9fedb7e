import Commands

/// `bench polls`: status polls a second over many connections, with nothing else to do and while a
/// trade runs, plain and with the tag of the last answer.
struct Polls: Measure {
    static let name = "polls"
    static let options = [
        NumberOption("clients", 10_000, 1...100_000), NumberOption("latency", 20, 0...60_000),
        NumberOption("workers", 1, 1...MeasuredStack.mostWorkers),
        NumberOption("runs", 3, 1...100), NumberOption("connections", 32, 1...1_000),
        NumberOption("seed", 42, 0...Int(Int32.max)),
    ]

    private let numbers: Numbers
    let settings: MeasuredStack.Settings

    init(_ numbers: Numbers) {
        self.numbers = numbers
        settings = MeasuredStack.Settings(numbers)
    }

    func measure(_ stack: MeasuredStack) async throws -> [String] {
        try await stack.load([MeasuredStack.Group(name: "all", count: numbers["clients"])])
        let trades = try await Trades(stack)
        var table = PollTable()
        var problems: [String] = []
        let first = try await trade(trades, nil)
        MeasureCommand.say("without polls the trade did \(first.rate.text()) orders/s")
        for sendsTag in [false, true] {
            let request = try Self.request(first.task, trades, sendsTag: sendsTag)
            let before = stack.read()
            let idle = try await PollLoad.run(
                request,
                connections: numbers["connections"],
                for: .seconds(5)
            )
            let answering = stack.read().cpuSeconds(of: "api", since: before)
            MeasureCommand.say(Self.cost(idle, answering, sendsTag))
            table.add("nothing else", sendsTag, [idle], [])
            var busy: [PollLoad.Figures] = []
            var rates: [Double] = []
            for _ in 0..<numbers["runs"] {
                let run = try await trade(trades, sendsTag)
                if let figures = run.figures { busy.append(figures) }
                rates.append(run.rate)
            }
            table.add("a trade runs", sendsTag, busy, rates)
            problems += (busy + [idle]).compactMap(\.problem)
        }
        MeasureCommand.say(table.text)
        return problems
    }

    /// What a poll costs, apart from what else takes the machine.
    private static func cost(
        _ load: PollLoad.Figures,
        _ answering: Double,
        _ sendsTag: Bool
    ) -> String {
        let polls = Double(max(1, load.milliseconds.count))
        let word = sendsTag ? "with If-None-Match" : "plain"
        return "a poll \(word) costs the API \((answering * 1_000_000 / polls).text(1)) µs of CPU, "
            + "and who asks \((load.cpuSeconds * 1_000_000 / polls).text(1)) µs"
    }

    private struct Run {
        let task: Int64
        let rate: Double
        let figures: PollLoad.Figures?
    }

    /// One purchase, polled from its acceptance to its last answer where asked to; then sold again.
    private func trade(_ trades: Trades, _ sendsTag: Bool?) async throws -> Run {
        let trade = try await trades.submit("RELIANCE", "BUY", percent: 5)
        let load = try sendsTag.map {
            PollLoad(
                try Self.request(trade.task, trades, sendsTag: $0),
                connections: numbers["connections"]
            )
        }
        let times = try await trades.waitForAnswers(trade.task)
        let figures = await load?.end()
        try await trades.waitForFills()
        let orders = try await trades.fills(of: trade.task).orders
        try await trades.sellBack("RELIANCE")
        let seconds = Double(times.completedAt - times.acceptedAt) / 1_000_000
        return Run(task: trade.task, rate: Double(orders) / seconds, figures: figures)
    }

    /// The poll of a task's status.
    static func request(_ task: Int64, _ trades: Trades, sendsTag: Bool) throws
        -> PollLoad.Request
    {
        PollLoad.Request(
            port: try Loopback.port(of: trades.stack.apiURLs[0]),
            path: "/api/v1/bulk-trades/\(task)",
            token: trades.token,
            sendsTag: sendsTag
        )
    }
}

/// What loads of polls have shown, a line for each kind.
struct PollTable {
    private var table = Table(
        [
            "while", "request", "polls/s", "min", "max", "p50 ms", "p99 ms", "unchanged %",
            "orders/s meanwhile",
        ],
        numeric: Set(2...8)
    )

    mutating func add(
        _ place: String,
        _ sendsTag: Bool,
        _ loads: [PollLoad.Figures],
        _ rates: [Double]
    ) {
        let perSecond = Sample(loads.map(\.perSecond))
        let times = Sample(loads.flatMap(\.milliseconds))
        let unchanged = loads.reduce(0) { $0 + $1.unchanged }
        table.add([
            place, sendsTag ? "If-None-Match" : "plain", perSecond.median.text(),
            perSecond.minimum.text(), perSecond.maximum.text(), times.median.text(2),
            times.percentile(99).text(2),
            (Double(unchanged) * 100 / Double(max(1, times.count))).text(),
            rates.isEmpty ? "" : Sample(rates).median.text(),
        ])
    }

    var text: String { table.text }
}
