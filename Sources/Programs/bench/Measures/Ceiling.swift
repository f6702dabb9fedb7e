import Commands

/// `bench ceiling`: what a minimal loop with the same work on the wire does on the same servers, and
/// which part of that Volley reaches.
struct Ceiling: Measure {
    static let name = "ceiling"
    static let options = [
        NumberOption("clients", 10_000, 1...100_000), NumberOption("latency", 0, 0...60_000),
        NumberOption("workers", 1, 1...MeasuredStack.mostWorkers),
        NumberOption("runs", 3, 1...100),
        // Who is compared with gets none.
        NumberOption("postbacks", 0, 0...1), NumberOption("seed", 42, 0...Int(Int32.max)),
    ]
    static let sandbox = "sandbox-ceiling"

    private let numbers: Numbers
    let settings: MeasuredStack.Settings

    init(_ numbers: Numbers) {
        self.numbers = numbers
        settings = MeasuredStack.Settings(numbers)
    }

    func measure(_ stack: MeasuredStack) async throws -> [String] {
        let clients = numbers["clients"]
        try await stack.load([MeasuredStack.Group(name: "all", count: clients)])
        let broker = try await stack.startBrokersApart(Self.sandbox)
        let loop = try await MinimalLoop(stack, broker: broker)
        let runs = TradeRuns(try await Trades(stack), clients: clients)
        // A first, unmeasured one of each: connections, statements, memory.
        _ = try await loop.run(orders: min(clients, 1_000))
        _ = try await runs.run(1)
        var minimal: [MinimalLoop.Result] = []
        var whole: [TradeRuns.Result] = []
        // In turn: what else the machine has to do then bears on both.
        for _ in 0..<numbers["runs"] {
            minimal.append(try await loop.run(orders: clients))
            whole += try await runs.run(1)
        }
        await loop.close()
        MeasureCommand.say(Self.table(minimal, whole).text)
        let ratio =
            Sample(whole.map(\.ordersPerSecond)).median
            / max(1, Sample(minimal.map(\.ordersPerSecond)).median)
        MeasureCommand.say("Volley reaches \((ratio * 100).text()) % of the minimal loop")
        return TradeRuns.problems(whole, clients) + minimal.compactMap(\.problem)
    }

    private static func table(_ minimal: [MinimalLoop.Result], _ whole: [TradeRuns.Result])
        -> Table
    {
        var table = Table(
            [
                "run", "minimal orders/s", "Volley orders/s", "ratio", "minimal CPU s/1,000",
                "Volley CPU s/1,000", "strangers' CPU %",
            ],
            numeric: Set(0...6)
        )
        for (number, (small, all)) in zip(minimal, whole).enumerated() {
            table.add([
                "\(number + 1)", small.ordersPerSecond.text(), all.ordersPerSecond.text(),
                (all.ordersPerSecond / max(1, small.ordersPerSecond)).text(2),
                small.cost.text(3), all.cost(untilFills: false).text(3),
                (all.answered.strangersPart(since: all.before) * 100).text(),
            ])
        }
        return table
    }
}
