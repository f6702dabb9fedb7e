import BrokerKit
package import Desk
import JSON
import Trading

/// Statements: the profit and loss report with its charges (upstox.md §6).
extension UpstoxBroker: ProfitReportSource {
    /// A page where the broker names no size.
    private static let usualPage: Int64 = 100

    /// The report's head says how long it is and how much a page may hold.
    package func profitReport(_ period: ReportPeriod, page: Int, _ session: BrokerSession)
        async throws(BrokerFailure) -> ProfitReport
    {
        let about = Self.query(period)
        let head = try await read(
            "/v2/trade/profit-loss/metadata?" + FormBody(about).text,
            session
        )
        guard let total = head.wholeNumber("trades_count"), total >= 0 else {
            throw .unreachable("the report's head does not say how long it is")
        }
        let size = max(1, head.wholeNumber("page_size_limit") ?? Self.usualPage)
        // Of an empty report no page is asked.
        guard total > 0 else { return ProfitReport(rows: [], total: 0, hasMore: false) }
        let pages = [("page_number", String(page + 1)), ("page_size", String(size))]
        let value = try await read(
            "/v2/trade/profit-loss/data?" + FormBody(about + pages).text,
            session
        )
        guard let entries = value.array else { throw .unreachable("the report is no list") }
        let rows = entries.compactMap(Self.row)
        guard rows.count == entries.count else {
            throw .unreachable("a row of the report is not understood")
        }
        let told = Int64(page) * size + Int64(rows.count)
        return ProfitReport(rows: rows, total: Int(total), hasMore: !rows.isEmpty && told < total)
    }

    package func profitCharges(_ period: ReportPeriod, _ session: BrokerSession)
        async throws(BrokerFailure) -> ChargeEstimate
    {
        let value = try await read(
            "/v2/trade/profit-loss/charges?" + FormBody(Self.query(period)).text,
            session
        )
        guard let charges = value["charges_breakdown"], let total = charges.money("total") else {
            throw .unreachable("no charges in the answer")
        }
        let (taxes, others) = (charges["taxes"], charges["charges"])
        let amounts: [(ChargeEstimate.Kind, Money?)] = [
            (.brokerage, charges.money("brokerage")), (.transactionTax, taxes?.money("stt")),
            (.exchange, others?.money("transaction")), (.clearing, others?.money("clearing")),
            (.investorProtection, others?.money("ipft")),
            (.regulator, others?.money("sebi_turnover")),
            (.stampDuty, taxes?.money("stamp_duty")),
            (.goodsAndServicesTax, taxes?.money("gst")),
            (.depository, others?.money("demat_transaction")), (.others, others?.money("others")),
        ]
        return ChargeEstimate(
            total: total,
            lines: amounts.compactMap { kind, amount in
                amount.map { ChargeEstimate.Line(kind, $0) }
            }
        )
    }

    private static func query(_ period: ReportPeriod) -> [(String, String)] {
        let (first, second) = (period.startYear % 100, (period.startYear + 1) % 100)
        var query = [
            ("segment", period.segment.rawValue), ("financial_year", two(first) + two(second)),
        ]
        if let days = period.days {
            query += [("from_date", text(days.lowerBound)), ("to_date", text(days.upperBound))]
        }
        return query
    }

    /// `23-11-2026`, as these calls alone want it.
    private static func text(_ day: CalendarDay) -> String {
        "\(day)".split(separator: "-").reversed().joined(separator: "-")
    }

    private static func two(_ number: Int) -> String { (number < 10 ? "0" : "") + "\(number)" }

    private static func row(_ value: JSONValue) -> RealisedRow? {
        guard let name = value.text("scrip_name"), let quantity = value.quantity("quantity"),
            let bought = part("buy", of: value), let sold = part("sell", of: value)
        else { return nil }
        return RealisedRow(
            name: name,
            isin: value.text("isin"),
            kind: value.text("trade_type") ?? "",
            quantity: quantity,
            bought: bought,
            sold: sold
        )
    }

    private static func part(_ side: String, of value: JSONValue) -> RealisedRow.Part? {
        guard let average = value.price(side + "_average"),
            let amount = value.money(side + "_amount")
        else { return nil }
        return RealisedRow.Part(
            dayText: value.text(side + "_date") ?? "",
            average: average,
            amount: amount
        )
    }
}
