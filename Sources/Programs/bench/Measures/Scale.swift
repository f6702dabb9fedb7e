import Commands

/// `bench scale`: what more workers bring where the broker takes its time.
///
/// Where one worker already fills the machine (see its column), more bring nothing: with fewer
/// `--slots` the broker's time is what limits a worker, as it does on a larger machine.
struct Scale: Measure {
    static let name = "scale"
    static let options = [
        NumberOption("clients", 10_000, 1...100_000), NumberOption("latency", 50, 0...60_000),
        NumberOption("slots", 512, 1...2_000), NumberOption("runs", 3, 1...100),
        NumberOption("seed", 42, 0...Int(Int32.max)),
    ]
    private static let workers = [1, 2, 4]

    private let numbers: Numbers
    let settings: MeasuredStack.Settings

    init(_ numbers: Numbers) {
        self.numbers = numbers
        settings = MeasuredStack.Settings(numbers)
    }

    func measure(_ stack: MeasuredStack) async throws -> [String] {
        let clients = numbers["clients"]
        try await stack.load([MeasuredStack.Group(name: "all", count: clients)])
        let runs = TradeRuns(try await Trades(stack), clients: clients)
        var table = Table(
            [
                "workers", "orders/s median", "min", "max", "ratio to one", "CPU s/1,000 answered",
                "machine busy %", "strangers' CPU %",
            ],
            numeric: Set(0...7)
        )
        var results: [Int: [TradeRuns.Result]] = [:]
        // In turn: what else the machine has to do then bears on all.
        for _ in 0..<numbers["runs"] {
            for workers in Self.workers {
                try await stack.run(workers: workers)
                results[workers, default: []] += try await runs.run(1)
            }
        }
        let one = Sample((results[1] ?? []).map(\.ordersPerSecond)).median
        for workers in Self.workers {
            let own = results[workers] ?? []
            let rates = Sample(own.map(\.ordersPerSecond))
            table.add([
                "\(workers)", rates.median.text(), rates.minimum.text(), rates.maximum.text(),
                (rates.median / max(1, one)).text(2),
                Sample(own.map { $0.cost(untilFills: false) }).median.text(3),
                Sample(own.map { $0.answered.busyPart(since: $0.before) * 100 }).median.text(),
                Sample(own.map { $0.answered.strangersPart(since: $0.before) * 100 }).median.text(),
            ])
        }
        MeasureCommand.say(table.text)
        return TradeRuns.problems(results.values.flatMap(\.self), clients)
    }
}
