import BrokerKit
package import Desk
import HTTPClient
import JSON
package import Trading

/// Statements: the trades of past days; of a ledger Upstox tells nothing (upstox.md §6).
extension UpstoxBroker: TradeStatementSource {
    private static let pageSize = 500

    /// The broker counts its pages from 1.
    package func pastTrades(
        _ days: ClosedRange<CalendarDay>,
        page: Int,
        _ session: BrokerSession
    ) async throws(BrokerFailure) -> PastTrades {
        let query = FormBody([
            ("segment", "EQ"), ("start_date", "\(days.lowerBound)"),
            ("end_date", "\(days.upperBound)"), ("page_number", String(page + 1)),
            ("page_size", String(Self.pageSize)),
        ])
        let reply = try await hosts.reads.read(
            "GET",
            "/v2/charges/historical-trades?" + query.text,
            headers: Self.headers(session)
        )
        guard let entries = try UpstoxErrors.data(of: reply).array else {
            throw .unreachable("the trades are no list")
        }
        let trades = entries.compactMap(Self.pastTrade)
        guard trades.count == entries.count else {
            throw .unreachable("an entry of the trades is not understood")
        }
        let pages = (try? JSONValue(parsing: reply.body))
            .flatMap { ($0["metaData"] ?? $0["meta_data"])?["page"]?.wholeNumber("total_pages") }
        return PastTrades(
            trades: trades,
            hasMore: pages.map { Int64(page) + 1 < $0 } ?? (trades.count == Self.pageSize)
        )
    }

    private static func pastTrade(_ value: JSONValue) -> PastTrade? {
        guard let id = value.text("trade_id"), let exchange = value.text("exchange"),
            let side = value.text("transaction_type").flatMap({ Side(rawValue: $0) }),
            let quantity = value.quantity("quantity"), let price = value.price("price")
        else { return nil }
        return PastTrade(
            tradeID: id,
            brokerOrderID: nil,
            symbol: value.text("symbol") ?? value.text("scrip_name") ?? "",
            isin: value.text("isin"),
            segment: exchange + "_" + (value.text("segment") ?? "EQ"),
            side: side,
            quantity: quantity,
            price: price,
            atText: value.text("trade_date") ?? "",
            charges: []
        )
    }
}
