import Commands

/// `bench ratios`: a few trades whose costs are compared with one another, never with a clock.
///
/// For every check of the code: what fails here grows faster than its orders, on any machine.
struct Ratios: Measure {
    static let name = "ratios"
    static let options = [
        NumberOption("clients", 200, 50...10_000), NumberOption("seed", 42, 0...Int(Int32.max)),
    ]
    /// How many times as many clients the large trades have.
    private static let factor = 4
    private static let runs = 2

    private let clients: Int
    let settings: MeasuredStack.Settings

    init(_ numbers: Numbers) {
        clients = numbers["clients"]
        settings = MeasuredStack.Settings(numbers)
    }

    func measure(_ stack: MeasuredStack) async throws -> [String] {
        let large = clients * Self.factor
        try await stack.load([
            MeasuredStack.Group(name: "few", count: clients),
            MeasuredStack.Group(name: "more", count: large - clients),
        ])
        let trades = try await Trades(stack)
        // The first trade of a process makes its connections and statements.
        _ = try await TradeRuns(trades, clients: clients).run(1, group: "few")
        let few = try await TradeRuns(trades, clients: clients).run(Self.runs, group: "few")
        let many = try await TradeRuns(trades, clients: large).run(Self.runs)
        let small = Sample(few.map { $0.cost(untilFills: true) }).minimum
        let big = Sample(many.map { $0.cost(untilFills: true) }).minimum
        let ratio = big / max(small, 0.000_001)
        MeasureCommand.say(TradeRuns.table(few + many).text)
        MeasureCommand.say(
            "CPU of an order among \(Self.factor) × as many: \(ratio.text(2)) × as much"
        )
        var problems = TradeRuns.problems(few, clients) + TradeRuns.problems(many, large)
        if small <= 0 { problems.append("no processor time was seen: the accounts are not read") }
        if ratio > 2 { problems.append("an order among more orders costs more than twice as much") }
        return problems
    }
}
