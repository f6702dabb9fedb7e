import JSON

/// `volley portfolio [--trader ID]` and `volley portfolio --client ID`.
struct PortfolioCommand {
    private let terminal: Terminal

    init(_ terminal: Terminal) { self.terminal = terminal }

    func run(_ arguments: inout Arguments, _ door: LoginDoor) async throws -> Int32 {
        if let client = arguments.take("client") {
            try arguments.finish()
            let id = ClientsCommand.escaped(client)
            let portfolio = try await door.open().get("/api/v1/clients/\(id)/portfolio")
            show(portfolio, Self.text)
            return ExitStatus.done
        }
        var query = "?limit=\(ClientsCommand.escaped(arguments.take("limit") ?? "100"))"
        if let after = arguments.take("after") {
            query += "&after=\(ClientsCommand.escaped(after))"
        }
        if let trader = arguments.take("trader") {
            query += "&trader_id=\(ClientsCommand.escaped(trader))"
        }
        try arguments.finish()
        show(try await door.open().get("/api/v1/portfolio" + query), Self.traderText)
        return ExitStatus.done
    }

    private func show(_ answer: JSONValue, _ text: (JSONValue) -> String) {
        terminal.line(
            terminal.isJSON ? String(decoding: answer.serialized(), as: UTF8.self) : text(answer)
        )
    }

    /// One client's shares, today's trades, and the sums.
    private static func text(_ portfolio: JSONValue) -> String {
        let parts = [
            holdings(portfolio), positions(portfolio["positions"]?.array ?? []),
            total(portfolio["total"]),
        ]
        return parts.filter { !$0.isEmpty }.joined(separator: "\n\n")
    }

    private static func traderText(_ answer: JSONValue) -> String {
        var table = Table(
            ["client", "code", "available", "held", "invested", "worth", "unrealised", "realised"],
            numeric: [0, 2, 3, 4, 5, 6, 7]
        )
        for row in answer["clients"]?.array ?? [] {
            table.add([
                row.number("client_id"), row.text("client_code"), row.text("available"),
                row.text("held"), row.text("invested"), row.text("market_value"),
                row.text("unrealised"), row.text("realised"),
            ])
        }
        let next = answer["next"]?.int64.map { "more: --after \($0)" } ?? ""
        let isFirst = answer["total"] != nil
        let parts = isFirst ? [holdings(answer), table.text, total(answer["total"])] : [table.text]
        return (parts + [next]).filter { !$0.isEmpty }.joined(separator: "\n\n")
    }

    private static func holdings(_ answer: JSONValue) -> String {
        let rows = answer["holdings"]?.array ?? []
        guard !rows.isEmpty else { return "no shares are held" }
        var table = Table(
            [
                "symbol", "product", "quantity", "free", "average", "invested", "last", "worth",
                "unrealised", "%",
            ],
            numeric: [2, 3, 4, 5, 6, 7, 8, 9]
        )
        for row in rows {
            table.add([
                row.text("symbol"), row.text("product"), row.number("quantity"),
                row.number("free_quantity"),
                row.text("average_price"), row.text("invested"), row.text("last_price"),
                row.text("market_value"), row.text("unrealised"), row.text("unrealised_percent"),
            ])
        }
        return table.text
    }

    private static func positions(_ rows: [JSONValue]) -> String {
        guard !rows.isEmpty else { return "" }
        var table = Table(
            ["today", "product", "bought", "at", "sold", "at", "net", "realised", "change"],
            numeric: [2, 3, 4, 5, 6, 7, 8]
        )
        for row in rows {
            table.add([
                row.text("symbol"), row.text("product"), row.number("bought_quantity"),
                row.text("bought_average"), row.number("sold_quantity"), row.text("sold_average"),
                row.number("net_quantity"), row.text("realised"), row.text("change"),
            ])
        }
        return table.text
    }

    /// `-` where the price of some share is not known.
    private static func total(_ total: JSONValue?) -> String {
        guard let total else { return "" }
        var parts = ["invested \(total.text("invested"))", "worth \(total.text("market_value"))"]
        parts.append(
            "unrealised \(total.text("unrealised")) (\(total.text("unrealised_percent")) %)"
        )
        parts.append("realised \(total.text("realised"))")
        if total["realised_today"] != nil { parts.append("today \(total.text("realised_today"))") }
        parts.append("available \(total.text("available"))")
        let unpriced = (total["unpriced_symbols"]?.array ?? []).compactMap(\.string)
        let line = parts.joined(separator: ", ")
        guard !unpriced.isEmpty else { return line }
        return line + "\nno fresh price of: " + unpriced.joined(separator: ", ")
    }
}

extension JSONValue {
    /// A member's text, `-` where it has none.
    func text(_ name: String) -> String { self[name]?.string ?? "-" }

    /// A member's whole number, `-` where it is none.
    func number(_ name: String) -> String { self[name]?.int64.map(String.init) ?? "-" }
}
