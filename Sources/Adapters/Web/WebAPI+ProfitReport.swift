import Desk
import HTTPServer
import JSON
import Trading

extension WebAPI {
    /// An account's realised profit as its broker reckons it.
    var profitReports: [HTTPRoute] {
        [
            accountRoute("GET", "profit-report") { request, account, ask in
                let period = try Self.period(request)
                let page = Int(try request.cursor("page") ?? 0)
                let report = try await ask(account, { $0.profitReport }) {
                    service,
                    session throws(BrokerFailure) in
                    try await service.profitReport(period, page: page, session)
                }
                return .json { $0.profitReport(report, page) }
            },
            accountRoute("GET", "profit-report/charges") { request, account, ask in
                let period = try Self.period(request)
                let charges = try await ask(account, { $0.profitReport }) {
                    service,
                    session throws(BrokerFailure) in
                    try await service.profitCharges(period, session)
                }
                return .json { $0.charges(charges) }
            },
        ]
    }

    /// `financial_year`, such as 2025-26; `segment`, equity unless said; `from` and `to`.
    private static func period(_ request: HTTPServerRequest) throws(Problem) -> ReportPeriod {
        let words = request.query("financial_year")?.split(separator: "-") ?? []
        guard words.count == 2, words[0].utf8.count == 4, let year = Int(words[0]),
            (1990...2199).contains(year), words[1].utf8.count == 2,
            Int(words[1]) == (year + 1) % 100
        else {
            throw Problem.invalid(
                "financial_year",
                "required",
                "financial_year must be two years such as 2025-26."
            )
        }
        guard let segment = ReportPeriod.Segment(rawValue: request.query("segment") ?? "EQ") else {
            throw Problem.invalid("segment", "unknown_word", "segment must be EQ, FO, COM or CD.")
        }
        let hasDays = request.query("from") != nil || request.query("to") != nil
        let span = hasDays ? try days(request) : nil
        guard let period = ReportPeriod(segment: segment, startYear: year, days: span) else {
            throw Problem.invalid(
                "from",
                "out_of_range",
                "from and to must be in that financial year, which begins in April."
            )
        }
        return period
    }
}

extension JSONWriter {
    fileprivate mutating func profitReport(_ report: ProfitReport, _ page: Int) {
        beginObject()
        field("total_rows", report.total)
        key("rows")
        beginArray()
        for row in report.rows {
            beginObject()
            field("name", row.name)
            fieldOrNull("isin", row.isin)
            field("kind", row.kind)
            field("quantity", row.quantity.raw)
            part("buy", row.bought)
            part("sell", row.sold)
            field("profit", row.profit.rupees)
            endObject()
        }
        endArray()
        fieldOrNull("next_page", report.hasMore ? page + 1 : nil)
        endObject()
    }

    private mutating func part(_ side: String, _ part: RealisedRow.Part) {
        field(side + "_day", part.dayText)
        field(side + "_average", part.average.rupees)
        field(side + "_amount", part.amount.rupees)
    }

    fileprivate mutating func charges(_ charges: ChargeEstimate) {
        beginObject()
        field("total", charges.total.rupees)
        chargeLines(charges.lines)
        endObject()
    }
}
