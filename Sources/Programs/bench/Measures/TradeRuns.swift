import Commands

/// Buys for all clients, again and again, each time from the same beginning, and keeps account.
struct TradeRuns: Sendable {
    /// What one purchase showed.
    struct Result: Sendable {
        let task: Int64
        let orders: Int64
        /// Milliseconds from its acceptance until every order was in the queue, until the commit of
        /// the last answer, and of the last fill.
        let untilPublished: Double
        let untilAnswers: Double
        let untilFills: Double
        let before: ProcessReading
        let answered: ProcessReading
        let filled: ProcessReading
        /// What the database wrote to its log until the last fill.
        let logBytes: Int64

        var ordersPerSecond: Double { untilAnswers > 0 ? Double(orders) * 1_000 / untilAnswers : 0 }

        /// Processor seconds for 1,000 orders, of a part or of all.
        func cost(_ part: String? = nil, untilFills: Bool) -> Double {
            let end = untilFills ? filled : answered
            let seconds =
                part.map { end.cpuSeconds(of: $0, since: before) } ?? end.cpuSeconds(since: before)
            return orders > 0 ? seconds * 1_000 / Double(orders) : 0
        }
    }

    private static let symbols = ["RELIANCE", "TCS", "INFY", "HDFCBANK", "ICICIBANK", "SBIN"]

    private let trades: Trades
    private let clients: Int

    init(_ trades: Trades, clients: Int) {
        self.trades = trades
        self.clients = clients
    }

    /// So many purchases; what was bought is sold again before the next, and not measured.
    func run(_ runs: Int, group: String? = nil) async throws -> [Result] {
        var results: [Result] = []
        for run in 0..<runs {
            let symbol = Self.symbols[run % Self.symbols.count]
            results.append(try await once(symbol, group))
            try await trades.sellBack(symbol)
        }
        return results
    }

    private func once(_ symbol: String, _ group: String?) async throws -> Result {
        let stack = trades.stack
        try await trades.waitForFills()
        let logBefore = try await trades.logBytes()
        let before = stack.read()
        let trade = try await trades.submit(symbol, "BUY", percent: 5, group: group)
        let times = try await trades.waitForAnswers(trade.task)
        let answered = stack.read()
        try await trades.waitForFills()
        let filled = stack.read()
        let (orders, lastFill) = try await trades.fills(of: trade.task)
        return Result(
            task: trade.task,
            orders: orders,
            untilPublished: Double(times.publishedAt - times.acceptedAt) / 1_000,
            untilAnswers: Double(times.completedAt - times.acceptedAt) / 1_000,
            untilFills: Double(lastFill - times.acceptedAt) / 1_000,
            before: before,
            answered: answered,
            filled: filled,
            logBytes: try await trades.logBytes() - logBefore
        )
    }

    // MARK: What it says

    /// Every order of a measured purchase must have been filled: a smaller trade would seem cheaper.
    static func problems(_ results: [Result], _ clients: Int) -> [String] {
        results.enumerated().filter { $0.element.orders != Int64(clients) }.map {
            "run \($0.offset + 1) filled \($0.element.orders) orders of \(clients)"
        }
    }

    /// Run by run.
    static func table(_ results: [Result]) -> Table {
        var table = Table(
            [
                "run", "orders", "ms to queue", "to last answer", "to last fill", "orders/s",
                "CPU s/1,000 answered", "filled", "log bytes/order", "strangers' CPU %",
            ],
            numeric: Set(0...9)
        )
        for (number, result) in results.enumerated() {
            table.add([
                "\(number + 1)", "\(result.orders)", result.untilPublished.text(),
                result.untilAnswers.text(), result.untilFills.text(),
                result.ordersPerSecond.text(), result.cost(untilFills: false).text(3),
                result.cost(untilFills: true).text(3),
                (Double(result.logBytes) / Double(max(1, result.orders))).text(),
                (result.answered.strangersPart(since: result.before) * 100).text(),
            ])
        }
        return table
    }

    /// The rate in a line.
    static func summary(_ results: [Result]) -> String {
        let rates = Sample(results.map(\.ordersPerSecond))
        return "orders/s: median \(rates.median.text()), min \(rates.minimum.text()), "
            + "max \(rates.maximum.text())"
    }

    /// What each part cost, as the median of the runs, and how large it has become.
    static func costTable(_ results: [Result], _ now: ProcessReading) -> Table {
        var table = Table(
            [
                "process", "CPU s/1,000 to last answer", "to last fill", "peak MB", "processes",
            ],
            numeric: [1, 2, 3, 4]
        )
        for part in MeasuredStack.parts {
            let use = now.groups[part]
            table.add([
                part, Sample(results.map { $0.cost(part, untilFills: false) }).median.text(3),
                Sample(results.map { $0.cost(part, untilFills: true) }).median.text(3),
                (Double(use?.peakBytes ?? 0) / 1_048_576).text(), "\(use?.processes ?? 0)",
            ])
        }
        table.add([
            "all", Sample(results.map { $0.cost(untilFills: false) }).median.text(3),
            Sample(results.map { $0.cost(untilFills: true) }).median.text(3), "", "",
        ])
        return table
    }
}
