import Exchange
import HTTPServer
import JSON

/// The exit at a profit or a loss of the day (dhan.md §6): once the day's positions of its products
/// have come so far, they are closed and their open orders cancelled.
extension DhanFace {
    var profitExitRoutes: [HTTPRoute] {
        [
            route("POST", "/pnlExit", .other, Self.setProfitExit),
            route("GET", "/pnlExit") { call, world in
                guard let rule = world.clients[call.account].profitExit else {
                    return Self.profitExit("DISABLED", nil)
                }
                return FaceReply { writer in
                    writer.beginObject()
                    writer.field("pnlExitStatus", "ACTIVE")
                    writer.field("profit", rule.profit.text(decimals: 2))
                    writer.field("loss", rule.loss.text(decimals: 2))
                    writer.key("productType")
                    writer.beginArray()
                    for product in rule.products { writer.string(product) }
                    writer.endArray()
                    writer.field("enable_kill_switch", rule.killsAfter)
                    writer.endObject()
                }
            },
            route("DELETE", "/pnlExit") { call, world in
                world.set(nil, of: call.account)
                return Self.profitExit("DISABLED", "P&L based exit has been disabled")
            },
        ]
    }

    private static let setProfitExit: Work = { call, world throws(DhanError) in
        guard let tree = try? JSONValue(parsing: call.request.body), let fields = call.fields,
            let profit = fields.amount("profitValue") ?? nil,
            let loss = fields.amount("lossValue") ?? nil, profit > .zero, loss > .zero,
            let products = tree["productType"]?.array?.compactMap(\.string), !products.isEmpty,
            products.allSatisfy({ ["INTRADAY", "DELIVERY"].contains($0) })
        else { throw .badInput }
        world.set(
            ProfitExitRule(
                profit: profit,
                loss: loss,
                products: products,
                killsAfter: fields.flag("enableKillSwitch") ?? false,
                day: call.now.indianDay
            ),
            of: call.account
        )
        return profitExit("ACTIVE", "P&L based exit has been configured successfully")
    }

    private static func profitExit(_ status: String, _ message: String?) -> FaceReply {
        FaceReply { writer in
            writer.beginObject()
            writer.field("pnlExitStatus", status)
            if let message { writer.field("message", message) }
            writer.endObject()
        }
    }
}

/// When all positions of an account are to be closed.
struct ProfitExitRule: Sendable {
    let profit: Rupees
    let loss: Rupees
    let products: [String]
    let killsAfter: Bool
    /// It lasts this day only.
    let day: Int64

    /// The positions that it is about; everything that is not of the day alone counts as delivery.
    fileprivate var covered: Set<Product> {
        Set(
            Product.allCases.filter { products.contains($0 == .intraday ? "INTRADAY" : "DELIVERY") }
        )
    }
}

extension World {
    fileprivate mutating func set(_ rule: ProfitExitRule?, of account: Int) {
        clients[account].profitExit = rule
        if rule == nil { profitExits.remove(account) } else { profitExits.insert(account) }
    }

    /// Closes the positions of those whose day has come to the limit that they have set; each rule
    /// fires once, and ends with its day.
    mutating func fireProfitExits(at now: Moment) {
        guard !profitExits.isEmpty else { return }
        for account in profitExits.sorted() {
            guard let rule = clients[account].profitExit, rule.day == now.indianDay else {
                set(nil, of: account)
                continue
            }
            guard exchange.isOpen(at: now) else { continue }
            let result = dayResult(account, rule.covered, at: now)
            guard result >= rule.profit || result <= .zero - rule.loss else { continue }
            set(nil, of: account)
            _ = exchange.exitAll(account: account, of: rule.covered, at: now)
            if rule.killsAfter { clients[account].isKilled = true }
        }
    }

    /// What the day's positions of these products have earned, open ones at the last price.
    private mutating func dayResult(_ account: Int, _ products: Set<Product>, at now: Moment)
        -> Rupees
    {
        var result = Rupees.zero
        for (key, position) in exchange.accounts[account].positions
        where products.contains(key.product) {
            let price = exchange.quote(key.instrument, at: now).lastPrice
            result = result + position.realized + position.unrealized(at: price)
        }
        return result
    }
}
