package import Desk
import Postgres
import Trading

extension PostgresOrderStore {
    package func apply(_ reports: [BookedOrder]) async throws(StoreFailure) {
        guard !reports.isEmpty else { return }
        let ids = reports.map(\.intent)
        // The fills are inserted under the locks, after them in the same round trip.
        let reads = OrderBatch.reads(ids, money: ids)
        let fills = Self.insertFills(reports)
        try await pool.transact { transaction in
            let rows = try await transaction.begin(reads + [fills])
            let new = rows[reads.count].map { NewFill(reading: $0) }.sorted {
                ($0.at, $0.tradeID) < ($1.at, $1.tradeID)
            }
            var batch = BookBatch(orders: try OrderBatch(rows), fills: new)
            for report in reports { batch.apply(report) }
            try await transaction.commit(try batch.orders.writes())
        }
    }

    private static func insertFills(_ reports: [BookedOrder]) -> Call {
        let trades = reports.flatMap { report in
            report.trades.filter(\.isReal).map { (report.intent, $0) }
        }
        return (
            BookStatements.insertFills,
            [
                .ints(trades.map(\.0.raw)), .texts(trades.map { AuditText.foreign($0.1.tradeID) }),
                .ints(trades.map(\.1.quantity.raw)), .ints(trades.map(\.1.price.raw)),
                .timestamps(trades.map(\.1.at.microseconds)),
            ]
        )
    }
}

extension TradeReport {
    /// Whether anything was traded that can be booked; some books show rows of nothing.
    fileprivate var isReal: Bool {
        let (value, isTooMuch) = price.raw.multipliedReportingOverflow(by: quantity.raw)
        return quantity > .zero && price.raw > 0 && !isTooMuch && value / 100 < Money.limit.paise
    }
}
