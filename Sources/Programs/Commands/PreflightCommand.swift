import JSON

/// `volley preflight SYMBOL buy|sell … [--execute]`: what it would come to, and then placing just
/// that.
struct PreflightCommand {
    private let terminal: Terminal

    init(_ terminal: Terminal) { self.terminal = terminal }

    func run(_ arguments: inout Arguments, _ door: LoginDoor) async throws -> Int32 {
        let body = try SubmitCommand.body(&arguments)
        let trader = arguments.take("trader").map { "?trader_id=\($0)" } ?? ""
        let key = arguments.take("key") ?? SubmitCommand.freshKey()
        var execution = JSONObject()
        if let tolerance = arguments.take("tolerance") {
            _ = execution.append("price_tolerance_percent", .string(tolerance))
        }
        try arguments.finish()

        let api = try await door.open(as: trader.isEmpty ? .trader : .admin)
        let made = try await api.send(
            "POST",
            "/api/v1/bulk-trades/preflight" + trader,
            .object(body)
        )
        guard let id = made["preflight_id"]?.int64 else {
            throw APIClient.Failure.unreachable("the answer names no preflight")
        }
        let rows = try await api.pages("/api/v1/preflights/\(id)?limit=5000", "clients")
        guard arguments.has("execute") else {
            show(made, rows)
            return ExitStatus.done
        }
        if !terminal.isJSON { show(made, rows) }
        let answer = try await api.sendSurely(
            "/api/v1/preflights/\(id)/execute",
            .object(execution),
            key: key
        )
        return try await SubmitCommand.follow(answer, arguments.has("watch"), terminal, api)
    }

    private func show(_ preflight: JSONValue, _ rows: [JSONValue]) {
        guard !terminal.isJSON else {
            var all = preflight.object ?? JSONObject()
            all["clients"] = .array(rows)
            all["next"] = .null
            terminal.line(String(decoding: JSONValue.object(all).serialized(), as: UTF8.self))
            return
        }
        terminal.line(Self.table(rows) + "\n\n" + Self.sums(preflight))
    }

    private static func table(_ rows: [JSONValue]) -> String {
        var table = Table(
            ["client", "code", "broker", "quantity", "cost", "own", "charges", "free", "why not"],
            numeric: [0, 3, 4, 5, 6, 7]
        )
        for row in rows {
            var why = (row["reasons"]?.array ?? []).map { $0.text("code") }
            if let fits = row["would_fit"]?["quantity"]?.int64 { why.append("\(fits) would fit") }
            table.add([
                row.number("client_id"), row.text("client_code"), row.text("broker"),
                row.number("quantity"), row.text("cost"), row.text("own"),
                row["charges"]?.text("total") ?? "-", row.text("available"),
                why.joined(separator: ", "),
            ])
        }
        return table.text
    }

    private static func sums(_ preflight: JSONValue) -> String {
        let sums = preflight["sums"] ?? .null
        let age = preflight["price_age_seconds"]?.int64.map { " (\($0) s old)" } ?? ""
        return """
            \(preflight.text("side")) \(preflight.text("symbol")) at \
            \(preflight.text("price_used"))\(age): \(sums.number("orders")) orders for \
            \(sums.number("clients")) clients, \(sums.number("quantity")) shares, cost \
            \(sums.text("cost")), charges \(sums.text("charges")), held \(sums.text("held")), \
            borrowed \(sums.text("borrowed"))
            preflight \(preflight.number("preflight_id")), good until \
            \(preflight.text("expires_at"))
            """ + (preflight["depth"]?["warning"]?.string.map { "\nwarning: " + $0 } ?? "")
    }
}
