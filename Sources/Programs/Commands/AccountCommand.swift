import JSON

/// `volley clients account ID funds|margin|ledger|kill-switch|…`: an account at its broker, asked and
/// changed through the API.
struct AccountCommand {
    private let terminal: Terminal

    init(_ terminal: Terminal) { self.terminal = terminal }

    private static let plain = [
        "funds", "profile", "ledger", "past-trades", "payments", "auctions",
    ]
    private static let all =
        "funds, profile, margin, charges, ledger, past-trades, payments, auctions, kill-switch, profit-exit, addresses, "
        + "sale-authorization, convert-position, profit-report, profit-report/charges or exit-positions"

    /// One call to the API.
    private struct Call {
        let method: String
        let path: String
        var body: JSONValue = .null
    }

    func run(_ arguments: inout Arguments, _ door: LoginDoor) async throws -> Int32 {
        let client = try arguments.word("the client's id")
        let what = try arguments.word(Self.all)
        let account = arguments.take("account")
        let call = try Self.call(what, &arguments)
        try arguments.finish()
        let api = try await door.open()
        let path = try await LoginCommand.path(client, account, api) + "/" + call.path
        let answer =
            call.method == "GET"
            ? try await api.get(path) : try await api.send(call.method, path, call.body)
        if !answer.isNull {
            terminal.line(
                terminal.isJSON
                    ? String(decoding: answer.serialized(), as: UTF8.self)
                    : AnswerText.text(answer)
            )
        }
        return ExitStatus.done
    }

    private static func call(_ what: String, _ arguments: inout Arguments) throws -> Call {
        switch what {
        case "margin", "charges":
            let body: JSONValue = ["orders": [try order(&arguments)]]
            return Call(method: "POST", path: what, body: body)
        case "kill-switch": return try killSwitch(&arguments)
        case "profit-exit": return try profitExit(&arguments)
        case "addresses": return try addresses(&arguments)
        case "sale-authorization": return try sale(&arguments)
        case "convert-position": return try conversion(&arguments)
        case "profit-report", "profit-report/charges": return try report(what, &arguments)
        case "exit-positions":
            guard let number = arguments.take("confirm") else {
                throw UsageError("give --confirm, the account's number at its broker")
            }
            let why = try why(&arguments).string ?? ""
            return Call(
                method: "DELETE",
                path: "positions?confirm=\(ClientsCommand.escaped(number))&reason="
                    + ClientsCommand.escaped(why)
            )
        case _ where plain.contains(what):
            var query: [String] = []
            for name in ["from", "to", "page"] {
                if let value = arguments.take(name) {
                    query.append("\(name)=\(ClientsCommand.escaped(value))")
                }
            }
            return Call(
                method: "GET",
                path: query.isEmpty ? what : what + "?" + query.joined(separator: "&")
            )
        default: throw UsageError("an account has no \(what); it has \(all)")
        }
    }

    private static func report(_ what: String, _ arguments: inout Arguments) throws -> Call {
        guard let year = arguments.take("year") else {
            throw UsageError("give --year, such as 2025-26")
        }
        var path = what + "?financial_year=" + ClientsCommand.escaped(year)
        for name in ["segment", "from", "to", "page"] {
            if let value = arguments.take(name) {
                path += "&\(name)=\(ClientsCommand.escaped(value))"
            }
        }
        return Call(method: "GET", path: path)
    }

    private static func order(_ arguments: inout Arguments) throws -> JSONValue {
        var order = try position(&arguments)
        guard let price = arguments.take("price") else { throw UsageError("give --price") }
        _ = order.append("price", .string(price))
        for (option, name) in [("type", "order_type"), ("product", "product")] {
            if let value = arguments.take(option) { _ = order.append(name, .string(value)) }
        }
        return .object(order)
    }

    /// `SYMBOL buy|sell --quantity N [--exchange E]`.
    private static func position(_ arguments: inout Arguments) throws -> JSONObject {
        var position = JSONObject()
        _ = position.append("symbol", .string(try arguments.word("the symbol")))
        _ = position.append("side", .string(try arguments.word("buy or sell")))
        guard let quantity = arguments.take("quantity").flatMap({ Int64($0) }) else {
            throw UsageError("give --quantity, a whole number")
        }
        _ = position.append("quantity", .integer(quantity))
        if let exchange = arguments.take("exchange") {
            _ = position.append("exchange", .string(exchange))
        }
        return position
    }

    private static func why(_ arguments: inout Arguments) throws -> JSONValue {
        guard let why = arguments.take("why") else {
            throw UsageError("give --why: it stands in the audit log")
        }
        return .string(why)
    }

    private static func killSwitch(_ arguments: inout Arguments) throws -> Call {
        guard let word = arguments.optionalWord() else {
            return Call(method: "GET", path: "kill-switch")
        }
        guard ["on", "off"].contains(word) else { throw UsageError("kill-switch takes on or off") }
        var body = JSONObject()
        _ = body.append("on", .bool(word == "on"))
        if let segments = arguments.take("segments") {
            let names = segments.split(separator: ",").map { JSONValue.string(String($0)) }
            _ = body.append("segments", .array(names))
        }
        _ = body.append("reason", try why(&arguments))
        return Call(method: "PUT", path: "kill-switch", body: .object(body))
    }

    private static func profitExit(_ arguments: inout Arguments) throws -> Call {
        if let word = arguments.optionalWord() {
            guard word == "off" else { throw UsageError("profit-exit takes off, or limits") }
            let why = try why(&arguments).string ?? ""
            return Call(
                method: "DELETE",
                path: "profit-exit?reason=" + ClientsCommand.escaped(why)
            )
        }
        guard let profit = arguments.take("profit"), let loss = arguments.take("loss") else {
            return Call(method: "GET", path: "profit-exit")
        }
        let products = (arguments.take("products") ?? "INTRADAY").split(separator: ",")
        let body: JSONValue = [
            "profit": .string(profit), "loss": .string(loss),
            "products": .array(products.map { .string(String($0)) }),
            "kill_switch": .bool(arguments.has("kill")), "reason": try why(&arguments),
        ]
        return Call(method: "PUT", path: "profit-exit", body: body)
    }

    private static func addresses(_ arguments: inout Arguments) throws -> Call {
        guard let primary = arguments.take("primary") else {
            return Call(method: "GET", path: "addresses")
        }
        var body = JSONObject()
        _ = body.append("primary", .string(primary))
        if let second = arguments.take("secondary") {
            _ = body.append("secondary", .string(second))
        }
        _ = body.append("reason", try why(&arguments))
        return Call(method: "PUT", path: "addresses", body: .object(body))
    }

    private static func sale(_ arguments: inout Arguments) throws -> Call {
        let path = "sale-authorization"
        if let word = arguments.optionalWord() {
            guard word == "pin" else { throw UsageError("sale-authorization takes pin, or shares") }
            let body: JSONValue = ["reason": try why(&arguments)]
            return Call(method: "POST", path: path + "/pin", body: body)
        }
        let isin = arguments.take("isin")
        guard let isin, let quantity = arguments.take("quantity").flatMap({ Int64($0) }) else {
            return Call(method: "GET", path: isin.map { path + "?isin=\($0)" } ?? path)
        }
        let exchange = arguments.take("exchange") ?? "NSE"
        let shares: JSONValue = [
            "isin": .string(isin), "quantity": .integer(quantity), "exchange": .string(exchange),
        ]
        let body: JSONValue = ["shares": [shares], "reason": try why(&arguments)]
        return Call(method: "POST", path: path, body: body)
    }

    private static func conversion(_ arguments: inout Arguments) throws -> Call {
        var body = try position(&arguments)
        guard let from = arguments.take("from-product"), let to = arguments.take("to-product")
        else {
            throw UsageError("give --from-product and --to-product")
        }
        _ = body.append("from_product", .string(from))
        _ = body.append("to_product", .string(to))
        if arguments.has("overnight") { _ = body.append("overnight", .bool(true)) }
        _ = body.append("reason", try why(&arguments))
        return Call(method: "POST", path: "convert-position", body: .object(body))
    }
}

/// An answer for people: its single values one a line, its lists as tables.
enum AnswerText {
    static func text(_ answer: JSONValue) -> String {
        guard let object = answer.object else { return scalar(answer) }
        var lines: [String] = []
        for (name, value) in object.map({ ($0.key, $0.value) }) {
            guard let rows = value.array else {
                lines.append("\(name): \(scalar(value))")
                continue
            }
            lines.append(rows.isEmpty ? "\(name): none" : "\(name):\n" + table(rows))
        }
        return lines.joined(separator: "\n")
    }

    private static func table(_ rows: [JSONValue]) -> String {
        guard let columns = rows.first?.object?.keys.map({ String($0) }) else {
            return rows.map(scalar).joined(separator: ", ")
        }
        var table = Table(columns)
        for row in rows { table.add(columns.map { scalar(row[$0] ?? .null) }) }
        return table.text
    }

    private static func scalar(_ value: JSONValue) -> String {
        switch value {
        case .string(let text): text
        case .null: "-"
        case .array(let items): items.map(scalar).joined(separator: ", ")
        case .object(let object):
            object.map { "\($0.key) \(scalar($0.value))" }.joined(separator: ", ")
        case .bool, .number: String(decoding: value.serialized(), as: UTF8.self)
        }
    }
}
