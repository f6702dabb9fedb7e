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

    package func instruments(_ names: [InstrumentName]) async throws(StoreFailure)
        -> [Instrument?]
    {
        try transact("instruments") { state in
            names.map { name in
                state.instruments.values.map(\.instrument).first {
                    $0.exchange == name.exchange
                        && $0.symbol.lowercased() == name.symbol.lowercased()
                }
            }
        }
    }

    package func search(_ text: String, limit: Int) async throws(StoreFailure)
        -> [ListedInstrument]
    {
        let text = text.lowercased()
        return try transact("search") { state in
            let found = state.instruments.values.filter { row in
                let words = row.instrument.name.lowercased().split(separator: " ")
                return row.instrument.symbol.lowercased().hasPrefix(text)
                    || words.contains { $0.hasPrefix(text) }
                    || row.instrument.isin?.lowercased() == text
            }
            return found.sorted { $0.instrument.symbol < $1.instrument.symbol }.prefix(limit).map {
                ListedInstrument(
                    instrument: $0.instrument,
                    price: $0.masterPrice,
                    marginLeverage: $0.marginLeverage
                )
            }
        }
    }

    package func load(
        _ list: InstrumentList,
        of broker: BrokerName,
        acceptingShort: Bool,
        by actor: Actor
    ) async throws(StoreFailure) -> InstrumentLoad {
        let listings: [InstrumentListing]
        do {
            listings = try list.all()
        } catch {
            return .unreadable(error)
        }
        return try transact("load") { state in
            let shares = listings.filter {
                !$0.describes || $0.exchange.tradesShares(inSeries: $0.series)
            }
            let before = state.listedShares[broker] ?? 0
            if !acceptingShort,
                InstrumentLoad.isTooShort(shares: shares.count, before: before)
            {
                return .tooShort(shares: shares.count, before: before)
            }
            state.listedShares[broker] = shares.count
            return .stored(changed: shares.count { state.list($0, at: broker) })
        }
    }
}

extension MemoryState {
    /// Whether the listing was new or changed something.
    mutating func list(_ listing: InstrumentListing, at broker: BrokerName) -> Bool {
        let known = instruments.values.first {
            $0.instrument.exchange == listing.exchange && $0.instrument.symbol == listing.symbol
        }
        // What another list has not brought, this one does not describe.
        guard listing.describes || known != nil else { return false }
        let id = known?.instrument.id ?? InstrumentID(nextID())
        let other = listing.describes ? nil : known?.instrument
        let instrument = Instrument(
            id: id,
            exchange: listing.exchange,
            symbol: listing.symbol,
            name: other?.name ?? listing.name,
            isin: listing.isin,
            lot: other?.lot ?? listing.lot,
            tick: other?.tick ?? listing.tick,
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
            listings: listings,
            marginLeverage: listing.marginLeverage ?? known?.marginLeverage
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
