import Exchange
import HTTPServer
import JSON

/// Trade history and ledger (dhan.md §6), made from what is booked here.
extension DhanFace {
    private static let pageSize = 20

    var statementRoutes: [HTTPRoute] {
        [
            route("GET", "/trades/{from}/{to}/{page}", .other, Self.history),
            route("GET", "/ledger", .other, Self.ledger),
        ]
    }

    private static let history: Work = { call, world throws(DhanError) in
        let parameters = call.request.pathParameters
        guard let from = parameters["from"].flatMap({ Moment(indianDate: $0) }),
            let to = parameters["to"].flatMap({ Moment(indianDate: $0) }),
            let page = parameters["page"].flatMap({ Int($0) }), page >= 0
        else { throw .badInput }
        var trades: [(Order, Trade)] = []
        for number in world.exchange.accounts[call.account].orders {
            guard let order = world.exchange.order(number), !order.isHidden(at: call.now) else {
                continue
            }
            for trade in order.trades.compactMap({ world.exchange.trade($0) })
            where (from.indianDay...max(from, to).indianDay).contains(trade.at.indianDay) {
                trades.append((order, trade))
            }
        }
        return FaceReply { writer in
            writer.beginArray()
            for (order, trade) in trades.dropFirst(page * pageSize).prefix(pageSize) {
                let client = world.clients[call.account].client
                let instrument = world.exchange.instrument(order.instrument)
                writer.beginObject()
                DhanOrderJSON(call).members(of: trade, order, client, instrument, &writer)
                writer.field("customSymbol", instrument.name)
                writer.field("isin", instrument.isin)
                writer.field("instrument", DhanWords.instrumentKind(instrument))
                for name in [
                    "sebiTax", "stt", "brokerageCharges", "serviceTax",
                    "exchangeTransactionCharges", "stampDuty",
                ] {
                    writer.field(name, "NA")
                }
                writer.endObject()
            }
            writer.endArray()
        }
    }

    /// One line: the opening balance.
    ///
    /// Charges and settlements are not simulated.
    private static let ledger: Work = { call, world throws(DhanError) in
        guard let from = call.request.query("from-date").flatMap({ Moment(indianDate: $0) }),
            call.request.query("to-date").flatMap({ Moment(indianDate: $0) }) != nil
        else { throw .badInput }
        let account = world.exchange.accounts[call.account]
        let balance = (account.openingFunds ?? .zero).text(decimals: 2)
        return FaceReply { writer in
            writer.beginArray()
            writer.beginObject()
            writer.field("dhanClientId", world.clients[call.account].client)
            writer.field("narration", "OPENING BALANCE")
            writer.field("voucherdate", monthFirst(from))
            writer.field("exchange", "NSE-CAPITAL")
            writer.field("voucherdesc", "OPENING BALANCE")
            writer.field("vouchernumber", "0")
            writer.field("debit", "0.00")
            writer.field("credit", balance)
            writer.field("runbal", balance)
            writer.endObject()
            writer.endArray()
        }
    }

    /// `Jun 22, 2022`.
    private static func monthFirst(_ moment: Moment) -> String {
        let (year, month, day) = moment.indianCalendar
        let names = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ]
        let padded = day < 10 ? "0\(day)" : String(day)
        return "\(names[Int(month) - 1]) \(padded), \(year)"
    }
}
