import Desk
import HTTPServer
import JSON
import Trading

extension WebAPI {
    /// What clients hold, what it is worth, and what trading earned.
    var portfolioRoutes: [HTTPRoute] {
        [
            route("GET", "/api/v1/clients/{id}/portfolio") { try await clientPortfolio($0) },
            route("GET", "/api/v1/clients/{id}/transactions") { try await listTransactions($0) },
            route("GET", "/api/v1/portfolio") { try await traderPortfolio($0) },
            route("GET", "/api/v1/bulk-trades/{id}/pnl", isPolled: true) {
                try await tradeProfit($0)
            },
        ]
    }

    private func clientPortfolio(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let (_, details) = try await visibleClient(request)
        guard let portfolio = try await readPortfolio.client(details.client.id) else {
            throw Problem.notFound
        }
        return .json { $0.portfolio(portfolio) }
    }

    private func traderPortfolio(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let caller = try await authentication.caller(request, .admin, .trader)
        let trader = try await trader(of: caller, request)
        let limit = try request.limit(default: 100, most: 1_000)
        let after = try request.cursor().map { ClientID($0) }
        let found = try await readPortfolio.trader(trader, after: after, limit: limit)
        return .json { body in
            body.beginObject()
            body.field("trader_id", trader.raw)
            body.field("as_of", TimestampText.text(found.at))
            if let total = found.total { body.traderTotal(total) }
            body.key("clients")
            body.beginArray()
            for row in found.clients { body.clientWorth(row) }
            body.endArray()
            let last = found.clients.last?.client.id.raw
            body.fieldOrNull("next", found.clients.count == limit ? last : nil)
            body.endObject()
        }
    }

    private func tradeProfit(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let trade = try await visibleTrade(request)
        let limit = try request.limit(default: 100, most: 1_000)
        let after = try request.cursor().map { ClientID($0) }
        let found = try await readTradeProfit(of: trade, after: after, limit: limit)
        return .json { body in
            body.beginObject()
            body.field("task_id", trade.id.raw)
            body.field("symbol", trade.terms.instrument.symbol)
            body.field("exchange", trade.terms.instrument.exchange.rawValue)
            body.field("side", trade.terms.side.rawValue)
            body.field("product", trade.terms.product.rawValue)
            body.quote(found.quote)
            if let total = found.total {
                body.key("total")
                body.beginObject()
                body.field("clients", total.clients)
                body.tradeSums(total.sums)
                body.field("clients_not_matching_ledger", total.unproven)
                body.endObject()
            } else {
                body.fieldOrNull("total", String?.none)
            }
            body.key("clients")
            body.beginArray()
            for row in found.clients {
                body.beginObject()
                body.field("client_id", row.client.raw)
                body.field("client_code", row.code)
                body.field("client_name", row.name)
                body.tradeSums(row.traded)
                body.field("matches_ledger", row.isProven)
                body.endObject()
            }
            body.endArray()
            let last = found.clients.last?.client.raw
            body.fieldOrNull("next", found.clients.count == limit ? last : nil)
            body.endObject()
        }
    }

    private func listTransactions(_ request: HTTPServerRequest) async throws
        -> HTTPServerResponse
    {
        let (_, details) = try await visibleClient(request)
        let limit = try request.limit(default: 100, most: 1_000)
        let today = CalendarDay(containing: clock.now())
        let last = try request.day("to") ?? today
        let first = try request.day("from") ?? last.advanced(by: -30)
        guard first <= last else {
            throw Problem.invalid("from", "out_of_range", "from must not be later than to.")
        }
        let found = try await stores.portfolios.transactions(
            TransactionQuery(
                client: details.client.id,
                from: first.time(0, 0),
                to: last.advanced(by: 1).time(0, 0),
                after: try TransactionCursor.place(request),
                limit: limit
            )
        )
        return .json { body in
            body.beginObject()
            body.field("client_id", details.client.id.raw)
            body.field("from", first.description)
            body.field("to", last.description)
            body.key("transactions")
            body.beginArray()
            for row in found { body.transaction(row) }
            body.endArray()
            let next = found.count == limit ? found.last?.place : nil
            body.fieldOrNull("next", next.map(TransactionCursor.text))
            body.endObject()
        }
    }
}

/// The place of one trade in a list, as one word of a query.
enum TransactionCursor {
    static func text(_ place: TransactionPlace) -> String {
        "\(place.at.microseconds)-\(place.intent)-\(place.tradeID)"
    }

    static func place(_ request: HTTPServerRequest) throws(Problem) -> TransactionPlace? {
        guard let text = request.query("after") else { return nil }
        let parts = text.split(separator: "-", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, let at = Int64(parts[0]), at >= 0, at < Self.end,
            let intent = Int64(parts[1]), intent > 0, !String(parts[2]).hasControlCharacters
        else {
            throw Problem.invalid("after", "unknown_cursor", "after must be the next of a page.")
        }
        return TransactionPlace(
            at: Timestamp(microseconds: at),
            intent: IntentID(intent),
            tradeID: String(parts[2])
        )
    }

    /// The end of the year 9999: beyond it the database has no time.
    private static let end: Int64 = 253_402_300_800_000_000
}

extension HTTPServerRequest {
    /// A day in the query, such as `from=2026-11-21`.
    func day(_ name: String) throws(Problem) -> CalendarDay? {
        guard let text = query(name) else { return nil }
        guard let day = CalendarDay(text), (1970...9998).contains(day.date.year) else {
            throw Problem.invalid(name, "wrong_type", "\(name) must be a day such as 2026-11-21.")
        }
        return day
    }
}
