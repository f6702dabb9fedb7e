import Trading

/// Looks at an order whose trading day is over, and of which the brokers' books of today may know
/// nothing any more.
///
/// 1. Every order that we send is good for its day at the most (`Validity`). What a broker keeps for the
///    next day all the same, its whole book shows: such an order lives, and is told of as it stands. One
///    of the same number under another reference is another order.
/// 2. What the broker says by the order's id of how it ended counts, with the trades of past days where
///    its list names their orders.
/// 3. Absent from the whole book, the order has expired with the fills that are known by then, where
///    these are all: its past trades were read, or a look after the close of its day had told everything.
/// 4. Where they may not be all, nobody can know: the order stays with its money held, and says so, until
///    the broker's holdings or somebody tell (`ReconcileAccounts`, `DecideOrder`).
/// 5. A broker that could not be asked proves nothing: the order stays, with its money held.
struct LookBack {
    let order: LiveOrder
    let broker: any Broker
    /// When the order's day was over.
    let over: Timestamp
    let market: MarketHours

    func callAsFunction() async throws(BrokerFailure) -> BookedOrder {
        let told = try await byID()
        if let told, told.report.status.isFinal { return booked(told.report, told.trades) }
        let book = try await broker.orders(order.session)
        if let listed = book.first(where: isOurs) {
            return booked(listed, listed.filled > order.filled ? told?.trades ?? [] : [])
        }
        let trades = told?.trades ?? []
        let filled = trades.reduce(Quantity.zero) { $0 + $1.quantity }
        let isUntold = told == nil && !broker.traits.historyNamesOrders && !isSeenToItsEnd
        let report = OrderReport(
            brokerOrderID: order.brokerOrderID,
            reference: order.reference,
            status: .expired,
            quantity: order.quantity,
            filled: max(filled, order.filled),
            message: isUntold ? Self.untold : nil
        )
        return booked(report, trades, isUntold: isUntold)
    }

    private static let untold = "no book was read after the close, and no list tells of past trades"

    private func booked(
        _ report: OrderReport,
        _ trades: [TradeReport],
        isUntold: Bool = false
    ) -> BookedOrder {
        BookedOrder(
            intent: order.job.intent,
            report: report,
            trades: trades,
            isUntold: isUntold
        )
    }

    /// Whether a look after the last trading of its day had told everything.
    private var isSeenToItsEnd: Bool {
        guard let seen = order.seenAt, let taken = order.takenAt else { return false }
        return seen >= market.endOfFills(ofOrderTakenAt: taken)
    }

    /// Whether a report is of this order and not of one that has its number today.
    ///
    /// The parts of a larger order share one reference, which only one of ours has.
    private func isOurs(_ report: OrderReport) -> Bool {
        guard report.brokerOrderID == order.brokerOrderID else { return false }
        guard let reference = report.reference, reference != "", report.particulars?.leg == nil
        else { return true }
        return reference == order.reference
    }

    /// What the broker says of the order by its id; nil where that is gone with the day's book, or is
    /// another order's by now.
    func byID() async throws(BrokerFailure) -> (report: OrderReport, trades: [TradeReport])? {
        do {
            let (report, trades) = try await broker.look(order)
            guard isOurs(report), trades.allSatisfy({ $0.at < over }) else { return nil }
            return (report, trades)
        } catch {
            switch error {
            case .sessionEnded, .limited: throw error
            case .refused: return nil
            case .unreachable:
                // Some say so where the order is not in the answer. Where past trades may tell of fills,
                // these must have been read before anything is concluded.
                guard !broker.traits.historyNamesOrders else { throw error }
                return nil
            }
        }
    }
}

extension LiveOrder {
    /// When its day was over, if it is by now: from then on its number at the broker may be another
    /// order's, and nothing is to be asked of it by that alone.
    func endOfDay(in market: MarketHours, at now: Timestamp) -> Timestamp? {
        takenAt.flatMap { market.endOfBooks(ofOrderTakenAt: $0, ifBy: now) }
    }

    /// Whether this report, of a book of today's, shows the order alive under its own reference.
    func isKept(as report: OrderReport) -> Bool {
        !report.status.isFinal && report.reference == reference
    }
}

extension MarketHours {
    /// The end of the books of an order that was taken at this moment; nil where it is not over by `now`.
    func endOfBooks(ofOrderTakenAt moment: Timestamp, ifBy now: Timestamp) -> Timestamp? {
        let end = endOfBooks(ofOrderTakenAt: moment)
        return end <= now ? end : nil
    }
}
