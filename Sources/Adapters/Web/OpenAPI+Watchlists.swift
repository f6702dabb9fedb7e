import JSON

extension OpenAPIOperations {
    static let watchlists: [OpenAPIDocument.Operation] = [
        .init(
            method: "GET",
            path: "/api/v1/watchlists",
            summary: "My watchlists.",
            status: 200,
            answer: "Watchlists"
        ),
        .init(
            method: "POST",
            path: "/api/v1/watchlists",
            summary: "Make a watchlist.",
            body: "NewWatchlist",
            status: 201,
            answer: "Watchlist"
        ),
        .init(
            method: "GET",
            path: "/api/v1/watchlists/{id}",
            summary: "A watchlist with its instruments in their order, and their prices with ages.",
            status: 200,
            answer: "Watchlist"
        ),
        .init(
            method: "PATCH",
            path: "/api/v1/watchlists/{id}",
            summary: "Rename a watchlist, or give it other instruments.",
            body: "WatchlistChange",
            status: 200,
            answer: "Watchlist"
        ),
        .init(
            method: "DELETE",
            path: "/api/v1/watchlists/{id}",
            summary: "Remove a watchlist.",
            status: 204
        ),
    ]
}

extension OpenAPISchemas {
    static var watchlists: [(String, JSONValue)] {
        let head: [(String, JSONValue)] = [
            ("watchlist_id", integer), ("name", text), ("count", integer), ("updated_at", moment),
        ]
        let symbols: JSONValue = [
            "type": "array", "items": ["type": "string", "examples": ["TCS", "BSE:RELIANCE"]],
        ]
        return [
            ("WatchlistHead", object(head)),
            ("Watchlists", list("watchlists", of: "WatchlistHead", paged: false)),
            ("NewWatchlist", object([("name", text), ("symbols", symbols)], required: ["name"])),
            ("WatchlistChange", object([("name", text), ("symbols", symbols)])),
            (
                "Watchlist",
                object(head + [("items", ["type": "array", "items": ref("Instrument")])])
            ),
        ]
    }

    /// What is known of an instrument's price and its day; null for what is not.
    static var quoteFields: [(String, JSONValue)] {
        let maybeAmount: JSONValue = ["type": ["string", "null"]]
        let maybeInteger: JSONValue = ["type": ["integer", "null"]]
        return [
            ("last_price", maybeAmount), ("price_age_seconds", maybeInteger),
            ("change_percent", maybeAmount), ("open", maybeAmount), ("high", maybeAmount),
            ("low", maybeAmount), ("previous_close", maybeAmount), ("volume", maybeInteger),
            ("bid", maybeAmount), ("ask", maybeAmount), ("mtf_amount", maybeAmount),
        ]
    }
}
