package import Desk
import JSON
package import Postgres
package import Trading

/// Users' watchlists in PostgreSQL.
package struct PostgresWatchlistStore: WatchlistStore {
    let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    package func watchlists(of user: UserID) async throws(StoreFailure) -> [WatchlistHead] {
        try await pool.ask(WatchlistStatements.heads, [.int(user.raw)]).map {
            var columns = Columns($0)
            return WatchlistHead(reading: &columns)
        }
    }

    package func watchlist(_ id: WatchlistID, of user: UserID) async throws(StoreFailure)
        -> Watchlist?
    {
        let key: [PostgresValue] = [.int(id.raw), .int(user.raw)]
        let rows = try await pool.read([
            (WatchlistStatements.head, key), (WatchlistStatements.items, key),
        ])
        guard let row = rows[0].first else { return nil }
        var head = Columns(row)
        return Watchlist(
            head: WatchlistHead(reading: &head),
            items: try rows[1].map { row throws(StoreFailure) in
                var columns = Columns(row)
                return ListedInstrument(
                    instrument: try Instrument(reading: &columns),
                    price: columns.optionalPrice(),
                    marginLeverage: columns.optionalInt()
                )
            }
        )
    }

    package func createWatchlist(
        _ name: String,
        _ instruments: [InstrumentID],
        by actor: Actor,
        of user: UserID
    ) async throws(StoreFailure) -> WatchlistChange {
        try await pool.transact { transaction in
            let rows = try await transaction.begin([
                (WatchlistStatements.lockUser, [.int(user.raw)]),
                (WatchlistStatements.heads, [.int(user.raw)]),
            ])
            if rows[1].contains(where: { $0.text(1) == name }) {
                await transaction.rollBack()
                return .nameTaken
            }
            guard rows[1].count < Watchlist.mostLists else {
                await transaction.rollBack()
                return .tooMany
            }
            let made = try await transaction.go([
                (WatchlistStatements.insert, [.int(user.raw), .text(name)])
            ])
            let id = WatchlistID(made[0][0].int(0))
            try await transaction.commit([
                Self.items(instruments, of: id),
                Self.audit(.watchlistCreated, id, name, instruments.count, by: actor),
            ])
            return .done(id)
        }
    }

    package func changeWatchlist(
        _ id: WatchlistID,
        name: String?,
        _ instruments: [InstrumentID]?,
        by actor: Actor,
        of user: UserID
    ) async throws(StoreFailure) -> WatchlistChange {
        try await pool.transact { transaction in
            let rows = try await transaction.begin([
                (WatchlistStatements.lockUser, [.int(user.raw)]),
                (WatchlistStatements.heads, [.int(user.raw)]),
            ])
            guard let own = rows[1].first(where: { $0.int(0) == id.raw }) else {
                await transaction.rollBack()
                return .notFound
            }
            let isTaken = rows[1].contains { $0.int(0) != id.raw && $0.text(1) == name }
            if isTaken {
                await transaction.rollBack()
                return .nameTaken
            }
            let newName = name ?? own.text(1)
            var calls: [Call] = [(WatchlistStatements.rename, [.int(id.raw), .text(newName)])]
            if let instruments {
                calls.append((WatchlistStatements.clear, [.int(id.raw)]))
                calls.append(Self.items(instruments, of: id))
            }
            let count = instruments?.count ?? Int(own.int(2))
            calls.append(Self.audit(.watchlistChanged, id, newName, count, by: actor))
            try await transaction.commit(calls)
            return .done(id)
        }
    }

    package func removeWatchlist(_ id: WatchlistID, by actor: Actor, of user: UserID)
        async throws(StoreFailure) -> Bool
    {
        try await pool.transact { transaction in
            let rows = try await transaction.begin([
                (WatchlistStatements.remove, [.int(id.raw), .int(user.raw)])
            ])
            guard let name = rows[0].first?.text(0) else {
                await transaction.rollBack()
                return false
            }
            try await transaction.commit([Self.audit(.watchlistRemoved, id, name, 0, by: actor)])
            return true
        }
    }

    private static func items(_ instruments: [InstrumentID], of id: WatchlistID) -> Call {
        (WatchlistStatements.fill, [.int(id.raw), .ints(instruments.map(\.raw))])
    }

    private static func audit(
        _ action: AuditEntry.Action,
        _ id: WatchlistID,
        _ name: String,
        _ count: Int,
        by actor: Actor
    ) -> Call {
        let entry = AuditEntry(action) {
            $0.field("watchlist_id", id.raw)
            $0.field("name", name)
            $0.field("instruments", count)
        }
        return AuditEntry.write([entry], by: actor)
    }
}

extension WatchlistHead {
    fileprivate init(reading columns: inout Columns) {
        self.init(
            id: columns.id(),
            name: columns.text(),
            count: Int(columns.int()),
            updatedAt: columns.timestamp()
        )
    }
}
