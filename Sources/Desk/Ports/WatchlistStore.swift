package import Trading

/// Users' own lists of instruments.
package protocol WatchlistStore: Sendable {
    /// The user's lists by name, without their items.
    func watchlists(of user: UserID) async throws(StoreFailure) -> [WatchlistHead]

    /// One list of the user's with its items in their order; nil where the user has no such list.
    func watchlist(_ id: WatchlistID, of user: UserID) async throws(StoreFailure) -> Watchlist?

    /// Makes a list; an instrument counts once, at its first place.
    func createWatchlist(
        _ name: String,
        _ instruments: [InstrumentID],
        by actor: Actor,
        of user: UserID
    ) async throws(StoreFailure) -> WatchlistChange

    /// Gives a list another name or other items; nil leaves it as it is.
    func changeWatchlist(
        _ id: WatchlistID,
        name: String?,
        _ instruments: [InstrumentID]?,
        by actor: Actor,
        of user: UserID
    ) async throws(StoreFailure) -> WatchlistChange

    /// Removes a list; false where the user has no such list.
    func removeWatchlist(_ id: WatchlistID, by actor: Actor, of user: UserID)
        async throws(StoreFailure) -> Bool
}

/// A watchlist's id.
package typealias WatchlistID = ID<Watchlist>

/// A list without its items.
package struct WatchlistHead: Sendable, Equatable {
    package let id: WatchlistID
    package let name: String
    /// How many instruments are on it.
    package let count: Int
    package let updatedAt: Timestamp

    package init(id: WatchlistID, name: String, count: Int, updatedAt: Timestamp) {
        self.id = id
        self.name = name
        self.count = count
        self.updatedAt = updatedAt
    }
}

/// A list with its instruments in their order.
package struct Watchlist: Sendable, Equatable {
    /// The most that a list holds, and the most lists that a user has.
    package static let mostItems = 500
    package static let mostLists = 50

    package let head: WatchlistHead
    package let items: [ListedInstrument]

    package init(head: WatchlistHead, items: [ListedInstrument]) {
        self.head = head
        self.items = items
    }
}

/// What became of a change.
package enum WatchlistChange: Sendable, Equatable {
    case done(WatchlistID)
    case notFound
    /// The user has another list of this name.
    case nameTaken
    /// The user has as many lists as there may be.
    case tooMany
}
