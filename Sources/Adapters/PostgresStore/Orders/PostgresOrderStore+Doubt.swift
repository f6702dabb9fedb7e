package import Desk
import Postgres
package import Trading

extension PostgresOrderStore {
    package func doubts(_ intents: [IntentID]) async throws(StoreFailure) -> [Doubt] {
        guard !intents.isEmpty else { return [] }
        let sealed = try await pool.transact { transaction in
            let ids = Array(Set(intents))
            let reads = OrderBatch.reads(ids, money: [])
            let books: Call = (BookStatements.contexts, [.ints(ids.map(\.raw))])
            let rows = try await transaction.begin(reads + [books])
            var batch = DoubtBatch(orders: try OrderBatch(rows))
            let sealed = try rows[reads.count].compactMap { row in
                try batch.doubt(in: try BookContext(reading: row))
            }
            try await transaction.commit(try batch.orders.writes())
            return sealed
        }
        return sealed.compactMap { $0.opened(with: secrets) }
    }

    package func resolve(_ findings: [DoubtFinding]) async throws(StoreFailure) {
        guard !findings.isEmpty else { return }
        let ids = findings.map(\.doubt.job.intent)
        let absent = findings.filter(\.provesAbsence).map(\.doubt.job.intent)
        try await pool.transact { transaction in
            let rows = try await transaction.begin(OrderBatch.reads(ids, money: absent))
            var batch = DoubtBatch(orders: try OrderBatch(rows))
            for finding in findings { try batch.resolve(finding) }
            try await transaction.commit(try batch.writes())
        }
    }
}

extension DoubtFinding {
    fileprivate var provesAbsence: Bool {
        if case .absentProven = result { true } else { false }
    }
}
