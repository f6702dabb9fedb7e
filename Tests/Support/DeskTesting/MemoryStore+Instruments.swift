package import Desk
package import Trading

extension MemoryStore: InstrumentStore {
    package func instrument(_ symbol: String, at exchange: ExchangeName)
        async throws(StoreFailure) -> Instrument?
    {
        try transact("instrument") { state in
            state.instruments.values.map(\.instrument).first {
                $0.exchange == exchange && $0.symbol.lowercased() == symbol.lowercased()
            }
        }
    }

    package func search(_ text: String, limit: Int) async throws(StoreFailure) -> [Instrument] {
        let text = text.lowercased()
        return try transact("search") { state in
            let found = state.instruments.values.map(\.instrument).filter { instrument in
                text.isEmpty || instrument.symbol.lowercased().contains(text)
                    || instrument.name.lowercased().contains(text)
            }
            return Array(found.sorted { $0.symbol < $1.symbol }.prefix(limit))
        }
    }

    package func load(_ listings: [InstrumentListing], of broker: BrokerName, by actor: Actor)
        async throws(StoreFailure) -> Int
    {
        try transact("load") { state in
            listings.count { state.list($0, at: broker) }
        }
    }
}

extension MemoryState {
    /// Whether the listing was new or changed something.
    mutating func list(_ listing: InstrumentListing, at broker: BrokerName) -> Bool {
        let known = instruments.values.first {
            $0.instrument.exchange == listing.exchange && $0.instrument.symbol == listing.symbol
        }
        let id = known?.instrument.id ?? InstrumentID(nextID())
        let instrument = Instrument(
            id: id,
            exchange: listing.exchange,
            symbol: listing.symbol,
            name: listing.name,
            isin: listing.isin,
            lot: listing.lot,
            tick: listing.tick,
            freezeQuantity: listing.freezeQuantity,
            lowerCircuit: listing.lowerCircuit,
            upperCircuit: listing.upperCircuit
        )
        let named = BrokerInstrument(
            instrument: id,
            segment: listing.segment,
            code: listing.code
        )
        let isNew =
            known?.instrument != instrument || known?.listings[broker] != named
            || known?.masterPrice != listing.price
        var listings = known?.listings ?? [:]
        listings[broker] = named
        instruments[id] = MemoryInstrument(
            instrument: instrument,
            masterPrice: listing.price,
            listings: listings
        )
        return isNew
    }
}

extension MemoryStore: QuoteSessions {
    package func quoteSessions(_ trader: TraderID, instrument: InstrumentID, limit: Int)
        async throws(StoreFailure) -> [(BrokerName, BrokerSession)]
    {
        let now = clock.now()
        return try transact("quoteSessions") { state in
            let usable = state.accounts.values.map(\.account).filter { account in
                state.clients[account.client]?.client.trader == trader && account.isUsable(at: now)
            }
            return usable.sorted { $0.id < $1.id }.prefix(limit).compactMap { account in
                state.session(of: account.id, for: instrument).map {
                    QuoteDoor(broker: account.broker, session: $0)
                }
            }
        }
        .map { ($0.broker, $0.session) }
    }

    package func masterPrice(_ instrument: InstrumentID) async throws(StoreFailure) -> Price? {
        try transact("masterPrice") { $0.instruments[instrument]?.masterPrice }
    }
}

/// A broker and a session there.
private struct QuoteDoor: Sendable {
    let broker: BrokerName
    let session: BrokerSession
}
