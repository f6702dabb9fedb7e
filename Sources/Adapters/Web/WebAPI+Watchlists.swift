import Desk
import HTTPServer
import JSON
import Trading

extension WebAPI {
    /// The caller's own lists of instruments; nobody sees another one's.
    var watchlistRoutes: [HTTPRoute] {
        [
            route("GET", "/api/v1/watchlists") { request in
                let caller = try await authentication.caller(request)
                let lists = try await stores.watchlists.watchlists(of: caller.user)
                return .json { body in
                    body.beginObject()
                    body.key("watchlists")
                    body.beginArray()
                    for list in lists {
                        body.beginObject()
                        body.head(list)
                        body.endObject()
                    }
                    body.endArray()
                    body.endObject()
                }
            },
            route("POST", "/api/v1/watchlists") { try await createWatchlist($0) },
            route("GET", "/api/v1/watchlists/{id}") { request in
                let caller = try await authentication.caller(request)
                let id = try request.id("id", of: WatchlistID.self)
                return try await show(id, to: caller)
            },
            route("PATCH", "/api/v1/watchlists/{id}") { try await changeWatchlist($0) },
            route("DELETE", "/api/v1/watchlists/{id}") { request in
                let caller = try await authentication.caller(request)
                let isRemoved = try await stores.watchlists.removeWatchlist(
                    try request.id("id", of: WatchlistID.self),
                    by: Actor(user: caller.user, address: request.remoteAddress),
                    of: caller.user
                )
                guard isRemoved else { throw Problem.notFound }
                return .noContent
            },
        ]
    }

    private func createWatchlist(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let caller = try await authentication.caller(request)
        var fields = try Fields(of: request)
        let name = fields.text("name", limit: 100)
        let items = try await symbols(&fields)
        try fields.finish()
        guard let name else { throw Problem.notFound }
        let change = try await stores.watchlists.createWatchlist(
            name,
            items ?? [],
            by: Actor(user: caller.user, address: request.remoteAddress),
            of: caller.user
        )
        return try await show(try change.id, to: caller, status: 201)
    }

    private func changeWatchlist(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let caller = try await authentication.caller(request)
        let id = try request.id("id", of: WatchlistID.self)
        guard try await stores.watchlists.watchlist(id, of: caller.user) != nil else {
            throw Problem.notFound
        }
        var fields = try Fields(of: request)
        let name = fields.text("name", limit: 100, required: false)
        let items = try await symbols(&fields)
        try fields.finish()
        let change = try await stores.watchlists.changeWatchlist(
            id,
            name: name,
            items,
            by: Actor(user: caller.user, address: request.remoteAddress),
            of: caller.user
        )
        return try await show(try change.id, to: caller)
    }

    /// The instruments of `symbols`, such as `["TCS", "BSE:RELIANCE"]`; nil where there are none.
    private func symbols(_ fields: inout Fields) async throws -> [InstrumentID]? {
        guard let texts = fields.texts("symbols", limit: Watchlist.mostItems) else { return nil }
        let names = texts.map { InstrumentName($0) }
        // One that is no name is found nowhere.
        let known = try await stores.instruments.instruments(
            names.map { $0 ?? InstrumentName(exchange: .nse, symbol: "") }
        )
        if let place = known.firstIndex(where: { $0 == nil }) {
            fields.refuse("symbols", "unknown_symbol", "Number \(place + 1) is not listed.")
        }
        return known.compactMap { $0?.id }
    }

    private func show(_ id: WatchlistID, to caller: Identity, status: Int = 200) async throws
        -> HTTPServerResponse
    {
        guard let list = try await stores.watchlists.watchlist(id, of: caller.user) else {
            throw Problem.notFound
        }
        let ids = list.items.map(\.instrument.id)
        let quotes =
            if let trader = caller.trader { await readQuotes.fresh(ids, for: trader) } else {
                await readQuotes.remembered(ids)
            }
        return .json(status) { body in
            body.beginObject()
            body.head(list.head)
            body.key("items")
            body.beginArray()
            for item in list.items { body.listed(item, quotes[item.instrument.id]) }
            body.endArray()
            body.endObject()
        }
    }
}

extension WatchlistChange {
    /// The changed list's id, or why there was no change.
    fileprivate var id: WatchlistID {
        get throws(Problem) {
            switch self {
            case .done(let id): return id
            case .notFound: throw Problem.notFound
            case .nameTaken:
                throw Problem(409, "name_taken", "You have another watchlist of this name.")
            case .tooMany:
                throw Problem(
                    409,
                    "too_many_watchlists",
                    "You have \(Watchlist.mostLists) watchlists, which is the most."
                )
            }
        }
    }
}

extension JSONWriter {
    fileprivate mutating func head(_ head: WatchlistHead) {
        field("watchlist_id", head.id.raw)
        field("name", head.name)
        field("count", head.count)
        field("updated_at", TimestampText.text(head.updatedAt))
    }
}
