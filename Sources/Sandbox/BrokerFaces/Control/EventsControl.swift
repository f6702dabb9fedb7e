import Exchange
import HTTPServer
import JSON

extension ControlFace {
    /// What happens to accounts outside the market: money that moves, and the exchange's auctions.
    var eventRoutes: [HTTPRoute] {
        [
            // Told by the broker, and no more: it moves no balance here.
            route("POST", "/payments") { request throws(ControlRefusal) in
                let items = try Self.list("payments", request)
                let entries = try items.map { item throws(ControlRefusal) in
                    (
                        AccountName(
                            broker: try item.text("face"),
                            client: try item.text("client_id")
                        ),
                        try PaidMoney(item)
                    )
                }
                let isKnown = floor.enter { world, _ in
                    for (name, payment) in entries {
                        guard let account = world.exchange.find(account: name) else { return false }
                        world.payments[account, default: []].append(payment)
                    }
                    return true
                }
                guard isKnown else { throw ControlRefusal("there is no such account") }
                return Self.done { $0.field("payments", entries.count) }
            },
            // Without a number the auction is over.
            route("POST", "/auctions") { request throws(ControlRefusal) in
                let item = try Self.body(request)
                let symbol = try item.text("symbol")
                let number = try item.optionalText("number")
                let isKnown = floor.enter { world, _ in
                    guard let index = world.exchange.find(symbol: symbol, isBSE: false) else {
                        return false
                    }
                    world.auctions[index] = number
                    return true
                }
                guard isKnown else { throw ControlRefusal("unknown symbol \(symbol)") }
                return Self.done { $0.field("status", number == nil ? "over" : "held") }
            },
        ]
    }
}

/// Money that moved between a client's bank and the account.
struct PaidMoney: Sendable {
    let isPaidIn: Bool
    let id: String
    let amount: Rupees
    let status: String
    let mode: String
    let at: String

    fileprivate init(_ item: JSONValue) throws(ControlRefusal) {
        let way = try item.text("way")
        guard ["in", "out"].contains(way) else { throw ControlRefusal("way is in or out") }
        guard let amount = try item.optionalAmount("amount") else {
            throw ControlRefusal("amount is missing")
        }
        isPaidIn = way == "in"
        id = try item.text("id")
        self.amount = amount
        status = try item.text("status")
        mode = try item.optionalText("mode") ?? "NEFT"
        at = try item.text("at")
    }
}
