import Exchange
import HTTPServer
import JSON

/// The exit at a profit or a loss of the day (dhan.md §6): kept and told, not acted upon.
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
                world.clients[call.account].profitExit = nil
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
        world.clients[call.account].profitExit = ProfitExitRule(
            profit: profit,
            loss: loss,
            products: products,
            killsAfter: fields.flag("enableKillSwitch") ?? false
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
}
