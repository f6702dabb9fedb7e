import BrokerKit
package import Desk
import JSON
package import Trading

/// Statements: the ledger, and the trades of past days (dhan.md §6).
extension DhanBroker: LedgerStatementSource, TradeStatementSource {
    package func ledger(_ days: ClosedRange<CalendarDay>, _ session: BrokerSession)
        async throws(BrokerFailure) -> [StatementLine]
    {
        let query = "from-date=\(days.lowerBound)&to-date=\(days.upperBound)"
        let value = try await read("/ledger?" + query, session)
        // The documents show one object where a list is meant.
        var lines: [StatementLine] = []
        for entry in value.array ?? [value] {
            guard let day = entry.text("voucherdate") else {
                throw .unreachable("a line of the ledger has no date")
            }
            lines.append(
                StatementLine(
                    day: Self.day(day),
                    dayText: day,
                    narration: entry.text("narration") ?? entry.text("voucherdesc") ?? "",
                    voucher: entry.text("vouchernumber"),
                    exchange: entry.text("exchange"),
                    debit: entry.money("debit") ?? .zero,
                    credit: entry.money("credit") ?? .zero,
                    balance: entry.money("runbal")
                )
            )
        }
        return lines
    }

    package func pastTrades(
        _ days: ClosedRange<CalendarDay>,
        page: Int,
        _ session: BrokerSession
    ) async throws(BrokerFailure) -> PastTrades {
        let path = "/trades/\(days.lowerBound)/\(days.upperBound)/\(page)"
        guard let entries = try await read(path, session).array else {
            throw .unreachable("the trades are no list")
        }
        let trades = entries.compactMap(Self.pastTrade)
        guard trades.count == entries.count else {
            throw .unreachable("an entry of the trades is not understood")
        }
        // The documents give no size of a page: the last one is empty.
        return PastTrades(trades: trades, hasMore: !trades.isEmpty)
    }

    private static func pastTrade(_ value: JSONValue) -> PastTrade? {
        guard let id = value.text("exchangeTradeId"), let segment = value.text("exchangeSegment"),
            let side = value.text("transactionType").flatMap({ Side(rawValue: $0) }),
            let quantity = value.quantity("tradedQuantity"), let price = value.price("tradedPrice")
        else { return nil }
        let names: [(String, ChargeEstimate.Kind)] = [
            ("sebiTax", .regulator), ("stt", .transactionTax), ("brokerageCharges", .brokerage),
            ("serviceTax", .goodsAndServicesTax), ("exchangeTransactionCharges", .exchange),
            ("stampDuty", .stampDuty),
        ]
        return PastTrade(
            tradeID: id,
            brokerOrderID: value.text("orderId"),
            symbol: value.text("tradingSymbol") ?? value.text("customSymbol") ?? "",
            isin: value.text("isin").flatMap { $0 == "NA" ? nil : $0 },
            segment: segment,
            side: side,
            quantity: quantity,
            price: price,
            atText: value.text("exchangeTime") ?? value.text("createTime") ?? "",
            // What is not known is written "NA".
            charges: names.compactMap { name, kind in
                value.money(name).map { ChargeEstimate.Line(kind, $0) }
            },
            code: value.text("securityId"),
            product: value.text("productType").flatMap(DhanWords.product),
            orderedAt: createdAt(value)
        )
    }

    /// What the past trades tell of an order of an earlier day, which the day's books have no more.
    ///
    /// Facts alone: of an order that filled in part nothing says what became of the rest, and what is
    /// not told may be told tomorrow. Nil where nothing is told.
    func pastTrades(of order: LiveOrder) async throws(BrokerFailure) -> (
        OrderReport, [TradeReport]
    )? {
        guard let day = order.pastDay else { return nil }
        var trades: [TradeReport] = []
        var isRead = false
        for page in 0..<Self.mostPages where !isRead {
            let path = "/trades/\(day)/\(day)/\(page)"
            let entries = try await pastEntries(path, order.session)
            trades += Self.trades(in: .array(entries), of: order.brokerOrderID)
            isRead = entries.isEmpty
        }
        let filled = trades.reduce(Quantity.zero) { $0 + $1.quantity }
        // A part of its trades would pass for all of them, now that its day is over.
        guard isRead || filled == order.quantity else {
            throw .unreachable("there are more past trades than are read")
        }
        guard !trades.isEmpty else { return nil }
        let report = OrderReport(
            brokerOrderID: order.brokerOrderID,
            reference: order.reference,
            status: filled == order.quantity ? .filled : .partlyFilled,
            quantity: order.quantity,
            filled: filled,
            message: nil
        )
        return (report, trades)
    }

    /// A page of past trades; of a day without any an error may say so.
    private func pastEntries(_ path: String, _ session: BrokerSession) async throws(BrokerFailure)
        -> [JSONValue]
    {
        let value: JSONValue
        do {
            value = try await read(path, session)
        } catch {
            guard case .refused(let code, let words) = error else { throw error }
            // Any other refusal does not say that there are none.
            guard code == "DH-907" else { throw .unreachable(words) }
            return []
        }
        guard let entries = value.array else { throw .unreachable("the trades are no list") }
        return entries
    }

    /// Of a day with more trades than these the rest is not looked at: it would be, again and again.
    private static let mostPages = 50

    private static let months = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ]

    /// `Jun 22, 2022`; nil for anything else.
    static func day(_ text: String) -> CalendarDay? {
        let parts = text.split { $0 == " " || $0 == "," }
        guard parts.count == 3, let month = months.firstIndex(of: parts[0].lowercased()),
            let day = Int(parts[1]), let year = Int(parts[2])
        else { return nil }
        return CalendarDay(year: year, month: month + 1, day: day)
    }
}
