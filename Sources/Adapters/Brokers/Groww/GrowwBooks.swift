import BrokerKit
package import Desk
import JSON
package import Trading

/// The day's book, which comes in pages, and the trades, which come order by order (groww.md §2).
extension GrowwBroker {
    /// The largest pages that all of the documents allow: of orders one page says 100, another 25.
    private static let ordersPerPage = 25
    private static let tradesPerPage = 50
    /// Beyond these many pages a book is not believed to have an end.
    private static let mostPages = 200

    /// The order book to its last page.
    ///
    /// Page after page until one is empty: how many entries a full page has is not for sure, since
    /// the documents differ. A book that is not understood to the last entry, or that moved while
    /// it was read, cannot testify that an order is absent.
    func book(_ session: BrokerSession, _ pace: inout GrowwReadPace) async throws(BrokerFailure)
        -> [OrderReport]
    {
        var reports: [OrderReport] = []
        var seen: Set<String> = []
        var first: [String] = []
        for page in 0..<Self.mostPages {
            let found = try await bookPage(page, session, &pace)
            if found.isEmpty {
                if page > 1 { try await expectUnmoved(first, session, &pace) }
                return reports
            }
            if page == 0 { first = found.map(\.brokerOrderID) }
            let new = found.filter { seen.insert($0.brokerOrderID).inserted }
            guard !new.isEmpty else { throw .unreachable("the book's pages do not go on") }
            reports += new
        }
        throw .unreachable("the order book does not end")
    }

    /// The order in which orders are listed is not documented: where one that changes moves to the
    /// front, it may pass from a page not yet read to one that was.
    private func expectUnmoved(
        _ first: [String],
        _ session: BrokerSession,
        _ pace: inout GrowwReadPace
    ) async throws(BrokerFailure) {
        let again = try await bookPage(0, session, &pace)
        guard again.map(\.brokerOrderID) == first else {
            throw .unreachable("the order book moved while it was read")
        }
    }

    private func bookPage(
        _ page: Int,
        _ session: BrokerSession,
        _ pace: inout GrowwReadPace
    ) async throws(BrokerFailure) -> [OrderReport] {
        try await pace.wait()
        let segment = GrowwListing.segment(session)
        let value = try await read(
            "/order/list?segment=\(segment)&page=\(page)&page_size=\(Self.ordersPerPage)",
            session
        )
        guard let entries = value["order_list"]?.array else {
            throw .unreachable("the order book is no list")
        }
        let reports = entries.compactMap { Self.report($0) }
        guard reports.count == entries.count else {
            throw .unreachable("an entry of the order book is not understood")
        }
        return reports
    }

    /// The trades of all orders that the book shows filled; no list of the day's trades exists.
    package func trades(_ session: BrokerSession) async throws(BrokerFailure) -> [TradeReport] {
        var pace = GrowwReadPace()
        let segment = GrowwListing.segment(session)
        var all: [TradeReport] = []
        for report in try await book(session, &pace) where report.filled > .zero {
            let trades = try await trades(of: report, segment, session, &pace)
            // As with the book: what is not whole proves nothing.
            guard trades.reduce(.zero, { $0 + $1.quantity }) >= report.filled else {
                throw .unreachable("an order has more fills than trades")
            }
            all += trades
        }
        return all
    }

    /// The trades of one order, until they make up what is filled of it.
    func trades(
        of order: OrderReport,
        _ segment: String,
        _ session: BrokerSession,
        _ pace: inout GrowwReadPace
    ) async throws(BrokerFailure) -> [TradeReport] {
        var trades: [TradeReport] = []
        var seen: Set<String> = []
        for page in 0..<Self.mostPages {
            try await pace.wait()
            let value = try await read(
                "/order/trades/\(order.brokerOrderID)?segment=\(segment)"
                    + "&page=\(page)&page_size=\(Self.tradesPerPage)",
                session
            )
            guard let entries = value["trade_list"]?.array else {
                throw .unreachable("the trades are no list")
            }
            if entries.isEmpty { return trades }
            let found = entries.compactMap { Self.trade($0, of: order.brokerOrderID) }
            guard found.count == entries.count else {
                throw .unreachable("an entry of the trades is not understood")
            }
            let new = found.filter { seen.insert($0.tradeID).inserted }
            guard !new.isEmpty else { throw .unreachable("the trades' pages do not go on") }
            trades += new
            if trades.reduce(.zero, { $0 + $1.quantity }) >= order.filled { return trades }
        }
        throw .unreachable("the trades do not end")
    }

    /// Groww's own id of a trade may be empty, so the exchange's comes first.
    static func trade(_ value: JSONValue, of order: String) -> TradeReport? {
        guard value.text("groww_order_id") == order,
            let id = value.text("exchange_trade_id") ?? value.text("groww_trade_id"),
            let quantity = value.quantity("quantity"), quantity > .zero,
            let price = value.price("price")
        else { return nil }
        let at = ["trade_date_time", "created_at"].lazy
            .compactMap { value.text($0).flatMap(GrowwTime.parse) }.first
        return TradeReport(
            brokerOrderID: order,
            tradeID: id,
            quantity: quantity,
            price: price,
            at: at ?? Timestamp(microseconds: 0)
        )
    }
}

/// Groww's times: `2023-10-01T10:15:30` in India, and with a `Z` at the end in UTC (groww.md §2).
enum GrowwTime {
    private static let indianOffset: Int64 = 19_800_000_000

    static func parse(_ text: String) -> Timestamp? {
        guard let indian = IndianTimeText.parse(text) else { return nil }
        guard text.hasSuffix("Z") else { return indian }
        return Timestamp(microseconds: indian.microseconds + indianOffset)
    }
}

/// Keeps the many reads of one gathering within 20 a second and 500 a minute (groww.md §9).
struct GrowwReadPace {
    /// So many go out at once; each further one waits.
    private static let burst = 10
    private static let pause: Duration = .milliseconds(130)
    private var reads = 0

    mutating func wait() async throws(BrokerFailure) {
        reads += 1
        guard reads > Self.burst else { return }
        if (try? await Task.sleep(for: Self.pause)) == nil { throw .unreachable("cancelled") }
    }
}
