package import Desk
import JSON
package import Postgres
package import Trading

/// Alerts in PostgreSQL.
package struct PostgresAlertStore: AlertStore {
    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    package func keep(_ found: [Alert], judged: [JudgedCondition])
        async throws(StoreFailure) -> [Alert]
    {
        // One statement may touch a row once only.
        let known = Dictionary(found.map { (Self.name($0), $0) }) { first, _ in first }
        let alerts = known.values.sorted {
            ($0.kind.rawValue, $0.client) < ($1.kind.rawValue, $1.client)
        }
        return try await pool.transact { transaction in
            let rows = try await transaction.begin([
                (
                    AlertStatements.close,
                    [
                        .texts(judged.map(\.kind.rawValue)), .ints(judged.map(\.client.raw)),
                        .texts(alerts.map(\.kind.rawValue)), .ints(alerts.map(\.client.raw)),
                    ]
                ),
                (
                    AlertStatements.open,
                    [
                        .texts(alerts.map(\.kind.rawValue)), .ints(alerts.map(\.trader.raw)),
                        .ints(alerts.map(\.client.raw)), .texts(alerts.map(\.text)),
                    ]
                ),
            ])
            var new: [Alert] = []
            for row in rows[1] where row.bool(2) {
                guard let kind = AlertKind(rawValue: row.text(0)) else { continue }
                let name = JudgedCondition(kind: kind, client: ID(row.int(1)))
                if let alert = known[name] { new.append(alert) }
            }
            let entries = new.map { alert in
                AuditEntry(.alertRaised, trader: alert.trader, client: alert.client) {
                    $0.field("kind", alert.kind.rawValue)
                    $0.field("text", alert.text)
                }
            }
            try await transaction.commit(
                entries.isEmpty ? [] : [AuditEntry.write(entries, by: .system)]
            )
            return new
        }
    }

    package func alerts(_ query: AlertQuery) async throws(StoreFailure) -> [StoredAlert] {
        let rows = try await pool.ask(
            AlertStatements.list,
            [
                .int(query.before ?? .max), .optional(query.trader?.raw),
                query.isOpen.map { .bool($0) } ?? .null, .int(Int64(query.limit)),
            ]
        )
        var alerts: [StoredAlert] = []
        for row in rows { alerts.append(try StoredAlert(reading: row)) }
        return alerts
    }

    package func acknowledge(_ id: Int64, of trader: TraderID?, by actor: Actor)
        async throws(StoreFailure) -> StoredAlert?
    {
        try await pool.transact { transaction in
            let key = PostgresValue.int(id)
            let rows = try await transaction.begin([(AlertStatements.lock, [key])])
            guard let row = rows[0].first else {
                try await transaction.commit([])
                return nil
            }
            let known = try StoredAlert(reading: row)
            let isTheirs = trader.map { $0 == known.alert.trader } != false
            guard isTheirs, known.acknowledgedAt == nil else {
                try await transaction.commit([])
                return isTheirs ? known : nil
            }
            let entry = AuditEntry(
                .alertAcknowledged,
                trader: known.alert.trader,
                client: known.alert.client
            ) { detail in
                detail.field("alert_id", id)
                detail.field("kind", known.alert.kind.rawValue)
            }
            let made = try await transaction.commit([
                (AlertStatements.acknowledge, [key, .optional(actor.user)]),
                AuditEntry.write([entry], by: actor),
            ])
            return try made[0].first.map { row throws(StoreFailure) in
                try StoredAlert(reading: row)
            }
        }
    }

    private static func name(_ alert: Alert) -> JudgedCondition {
        JudgedCondition(kind: alert.kind, client: alert.client)
    }
}

extension StoredAlert {
    fileprivate init(reading row: PostgresRow) throws(StoreFailure) {
        var columns = Columns(row)
        self.init(
            id: columns.int(),
            alert: Alert(
                kind: try columns.word(),
                trader: columns.id(),
                client: columns.id(),
                text: columns.text()
            ),
            timesSeen: Int(columns.int()),
            openedAt: columns.timestamp(),
            seenAt: columns.timestamp(),
            closedAt: columns.optionalTimestamp(),
            acknowledgedAt: columns.optionalTimestamp(),
            acknowledgedBy: columns.optionalID()
        )
    }
}
