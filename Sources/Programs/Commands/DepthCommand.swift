import JSON

/// `volley instruments depth SYMBOL [--exchange NSE|BSE] [--trader ID]`: the best five bids and asks.
struct DepthCommand {
    private let terminal: Terminal

    init(_ terminal: Terminal) { self.terminal = terminal }

    func run(_ arguments: inout Arguments, _ door: LoginDoor) async throws -> Int32 {
        let symbol = ClientsCommand.escaped(try arguments.word("a symbol").uppercased())
        var path = "/api/v1/instruments/depth?symbol=" + symbol
        if let exchange = arguments.take("exchange") {
            path += "&exchange=" + ClientsCommand.escaped(exchange.uppercased())
        }
        let trader = arguments.take("trader")
        if let trader { path += "&trader_id=" + ClientsCommand.escaped(trader) }
        try arguments.finish()
        let answer = try await door.open(as: trader == nil ? .trader : .admin).get(path)
        guard !terminal.isJSON else {
            terminal.line(String(decoding: answer.serialized(), as: UTF8.self))
            return ExitStatus.done
        }
        terminal.line(Self.head(answer) + "\n\n" + Self.table(answer))
        return ExitStatus.done
    }

    private static func head(_ answer: JSONValue) -> String {
        """
        \(answer.text("exchange")):\(answer.text("symbol")) at \(answer.text("last_price")), volume \
        \(answer.number("volume")), from \(answer.text("lower_circuit")) to \
        \(answer.text("upper_circuit")); told by \(answer.text("broker")) at \(answer.text("at"))
        """
    }

    /// Bids at the left, asks at the right, best first.
    private static func table(_ answer: JSONValue) -> String {
        var table = Table(
            ["orders", "quantity", "bid", "ask", "quantity", "orders"],
            numeric: [0, 1, 2, 3, 4, 5]
        )
        let bids = answer["bids"]?.array ?? []
        let asks = answer["asks"]?.array ?? []
        for place in 0..<max(bids.count, asks.count) {
            let bid = place < bids.count ? bids[place] : .null
            let ask = place < asks.count ? asks[place] : .null
            table.add([
                bid.number("orders"), bid.number("quantity"), bid.text("price"),
                ask.text("price"), ask.number("quantity"), ask.number("orders"),
            ])
        }
        return table.text
    }
}
