import Exchange
import HTTPServer
import JSON

/// The profit and loss report (upstox.md §6), of what was bought and sold here, first in, first out.
extension UpstoxFace {
    private static let pageLimit = 50

    var profitReportRoutes: [HTTPRoute] {
        [
            route("GET", "/v2/trade/profit-loss/metadata") { call, world throws(UpstoxError) in
                let count = try Self.matched(call, world).count
                return Self.success { writer in
                    writer.beginObject()
                    writer.field("trades_count", count)
                    writer.field("page_size_limit", Self.pageLimit)
                    writer.endObject()
                }
            },
            route("GET", "/v2/trade/profit-loss/data", .other, Self.profitRows),
            route("GET", "/v2/trade/profit-loss/charges", .other, Self.profitCharges),
        ]
    }

    private static let profitRows: Work = { call, world throws(UpstoxError) in
        guard let page = call.request.query("page_number").flatMap({ Int($0) }), page >= 1,
            let size = call.request.query("page_size").flatMap({ Int($0) }),
            (1...pageLimit).contains(size)
        else { throw .input }
        let rows = try matched(call, world).dropFirst((page - 1) * size).prefix(size)
        return FaceReply { writer in
            writer.beginObject()
            writer.field("status", "success")
            writer.key("data")
            writer.beginArray()
            for row in rows {
                let instrument = world.exchange.instrument(row.instrument)
                writer.beginObject()
                // A number with a point, as the documents type it.
                writer.key("quantity")
                writer.rawNumber("\(row.quantity).0")
                writer.field("isin", instrument.isin)
                writer.field("scrip_name", instrument.name)
                writer.field("trade_type", "EQ")
                writer.field("buy_date", dayFirst(row.bought.at))
                writer.field("buy_average", row.bought.price)
                writer.field("sell_date", dayFirst(row.sold.at))
                writer.field("sell_average", row.sold.price)
                writer.field("buy_amount", row.bought.price * row.quantity)
                writer.field("sell_amount", row.sold.price * row.quantity)
                writer.endObject()
            }
            writer.endArray()
            writer.key("metadata")
            writer.beginObject()
            writer.key("page")
            writer.beginObject()
            writer.field("page_number", page)
            writer.field("page_size", size)
            writer.endObject()
            writer.endObject()
            writer.endObject()
        }
    }

    /// Simple rates, so that a reader can reckon them again: ₹ 20 for each row, a tenth of a per cent of
    /// what was sold, and the depository's fee.
    private static let profitCharges: Work = { call, world throws(UpstoxError) in
        let rows = try matched(call, world)
        let brokerage = rows.reduce(Rupees.zero) { sum, _ in sum + Rupees(20) }
        let tax = rows.reduce(Rupees.zero) {
            $0 + ($1.sold.price * $1.quantity).part(basisPoints: 10)
        }
        let fee = rows.reduce(Rupees.zero) { sum, _ in sum + Rupees(18) }
        return success { writer in
            writer.beginObject()
            writer.key("charges_breakdown")
            writer.beginObject()
            writer.field("total", brokerage + tax + fee)
            writer.field("brokerage", brokerage)
            writer.key("taxes")
            writer.beginObject()
            writer.field("gst", Rupees.zero)
            writer.field("stt", tax)
            writer.field("stamp_duty", Rupees.zero)
            writer.endObject()
            writer.key("charges")
            writer.beginObject()
            for name in ["transaction", "clearing", "ipft", "others", "sebi_turnover"] {
                writer.field(name, Rupees.zero)
            }
            writer.field("demat_transaction", fee)
            writer.endObject()
            writer.endObject()
            writer.endObject()
        }
    }

    /// `23-11-2026`.
    private static func dayFirst(_ moment: Moment) -> String {
        moment.indianDate.split(separator: "-").reversed().joined(separator: "-")
    }

    /// The moment at which `23-11-2026` begins.
    private static func moment(_ text: String) -> Moment? {
        Moment(indianDate: text.split(separator: "-").reversed().joined(separator: "-"))
    }

    private struct Matched {
        let instrument: Int
        let quantity: Int64
        let bought: Trade
        let sold: Trade
    }

    /// What was bought and sold, of the segment, the financial year and the days that are asked for.
    private static func matched(_ call: FaceCall, _ world: World) throws(UpstoxError) -> [Matched] {
        guard let segment = call.request.query("segment"),
            ["EQ", "FO", "COM", "CD"].contains(segment),
            let years = call.request.query("financial_year"), years.utf8.count == 4,
            let first = Int64(years.prefix(2)), let second = Int64(years.suffix(2)),
            second == (first + 1) % 100,
            let begin = Moment(indianDate: "20\(years.prefix(2))-04-01"),
            let end = Moment(indianDate: "20\(years.suffix(2))-03-31")
        else { throw .input }
        var days = begin.indianDay...end.indianDay
        let (from, to) = (call.request.query("from_date"), call.request.query("to_date"))
        if from != nil || to != nil {
            guard let from = from.flatMap({ moment($0) }), let to = to.flatMap({ moment($0) }),
                from.indianDay <= to.indianDay, days.contains(from.indianDay),
                days.contains(to.indianDay)
            else { throw .input }
            days = from.indianDay...to.indianDay
        }
        guard segment == "EQ" else { return [] }
        return pairs(call, world).filter { days.contains($0.sold.at.indianDay) }
    }

    private static func pairs(_ call: FaceCall, _ world: World) -> [Matched] {
        var rows: [Matched] = []
        var open: [Int: [(trade: Trade, left: Int64)]] = [:]
        for order in call.history(world) {
            for trade in order.trades.compactMap({ world.exchange.trade($0) }) {
                guard order.side == .sell else {
                    open[order.instrument, default: []].append((trade, trade.quantity))
                    continue
                }
                var left = trade.quantity
                while left > 0, var lot = open[order.instrument]?.first {
                    let quantity = min(left, lot.left)
                    rows.append(
                        Matched(
                            instrument: order.instrument,
                            quantity: quantity,
                            bought: lot.trade,
                            sold: trade
                        )
                    )
                    left -= quantity
                    lot.left -= quantity
                    open[order.instrument]?[0] = lot
                    if lot.left == 0 { open[order.instrument]?.removeFirst() }
                }
            }
        }
        return rows
    }
}
