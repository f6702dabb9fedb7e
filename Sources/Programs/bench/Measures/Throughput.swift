import Commands

/// `bench throughput`: from a bulk trade's acceptance to the commit of its last answer, and what it
/// costs.
struct Throughput: Measure {
    static let name = "throughput"
    static let options = [
        NumberOption("clients", 10_000, 1...100_000), NumberOption("latency", 0, 0...60_000),
        NumberOption("workers", 1, 1...MeasuredStack.mostWorkers),
        NumberOption("runs", 3, 1...100), NumberOption("postbacks", 1, 0...1),
        NumberOption("seed", 42, 0...Int(Int32.max)),
    ]

    private let clients: Int
    private let runs: Int
    let settings: MeasuredStack.Settings

    init(_ numbers: Numbers) {
        clients = numbers["clients"]
        runs = numbers["runs"]
        settings = MeasuredStack.Settings(numbers)
    }

    func measure(_ stack: MeasuredStack) async throws -> [String] {
        try await stack.load([MeasuredStack.Group(name: "all", count: clients)])
        let results = try await TradeRuns(try await Trades(stack), clients: clients).run(runs)
        MeasureCommand.say(TradeRuns.table(results).text)
        MeasureCommand.say(TradeRuns.summary(results))
        MeasureCommand.say(TradeRuns.costTable(results, stack.read()).text)
        return TradeRuns.problems(results, clients)
    }
}
