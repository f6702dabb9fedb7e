package import Desk
package import Trading

/// A user's list.
struct MemoryWatchlist {
    let user: UserID
    var name: String
    var items: [InstrumentID]
    var updatedAt: Timestamp
}

extension MemoryStore: WatchlistStore {
    package func watchlists(of user: UserID) async throws(StoreFailure) -> [WatchlistHead] {
        try transact("watchlists") { state in
            state.watchlists.filter { $0.value.user == user }.map { $1.head($0) }
                .sorted { $0.name < $1.name }
        }
    }

    package func watchlist(_ id: WatchlistID, of user: UserID) async throws(StoreFailure)
        -> Watchlist?
    {
        try transact("watchlist") { state in
            guard let list = state.watchlists[id], list.user == user else { return nil }
            return Watchlist(
                head: list.head(id),
                items: list.items.compactMap { item in
                    state.instruments[item].map {
                        ListedInstrument(
                            instrument: $0.instrument,
                            price: $0.masterPrice,
                            marginLeverage: $0.marginLeverage
                        )
                    }
                }
            )
        }
    }

    package func createWatchlist(
        _ name: String,
        _ instruments: [InstrumentID],
        by actor: Actor,
        of user: UserID
    ) async throws(StoreFailure) -> WatchlistChange {
        let now = clock.now()
        return try transact("createWatchlist") { state in
            let own = state.watchlists.values.filter { $0.user == user }
            if own.contains(where: { $0.name == name }) { return .nameTaken }
            guard own.count < Watchlist.mostLists else { return .tooMany }
            let id = WatchlistID(state.nextID())
            state.watchlists[id] = MemoryWatchlist(
                user: user,
                name: name,
                items: instruments.firstOfEach,
                updatedAt: now
            )
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
        let now = clock.now()
        return try transact("changeWatchlist") { state in
            guard var list = state.watchlists[id], list.user == user else { return .notFound }
            let others = state.watchlists.filter { $0.key != id && $0.value.user == user }
            if others.contains(where: { $0.value.name == name }) { return .nameTaken }
            if let name { list.name = name }
            if let instruments { list.items = instruments.firstOfEach }
            list.updatedAt = now
            state.watchlists[id] = list
            return .done(id)
        }
    }

    package func removeWatchlist(_ id: WatchlistID, by actor: Actor, of user: UserID)
        async throws(StoreFailure) -> Bool
    {
        try transact("removeWatchlist") { state in
            guard state.watchlists[id]?.user == user else { return false }
            state.watchlists[id] = nil
            return true
        }
    }
}

extension MemoryWatchlist {
    fileprivate func head(_ id: WatchlistID) -> WatchlistHead {
        WatchlistHead(id: id, name: name, count: items.count, updatedAt: updatedAt)
    }
}

extension [InstrumentID] {
    fileprivate var firstOfEach: [InstrumentID] {
        var seen: Set<InstrumentID> = []
        return filter { seen.insert($0).inserted }
    }
}
