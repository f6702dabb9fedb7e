package import Trading

/// Brings the instrument masters of all brokers into the store.
package struct LoadInstruments: Sendable {
    let masters: [any InstrumentMaster]
    let store: any InstrumentStore

    package init(masters: [any InstrumentMaster], store: any InstrumentStore) {
        self.masters = masters
        self.store = store
    }

    /// Loads each master; one that fails does not keep the others from being loaded.
    ///
    /// An instrument is what the first master of all says that lists it: brokers write names and
    /// groups each in their own way, and it must not be another thing after every list.
    ///
    /// - Returns: how many instruments were new or changed for each broker, or why it failed.
    package func callAsFunction(by actor: Actor) async -> [(BrokerName, Result<Int, any Error>)] {
        var loaded: [(BrokerName, Result<Int, any Error>)] = []
        var known: [InstrumentListing.Name: InstrumentListing] = [:]
        for master in masters {
            do {
                let listings = try await master.listings()
                // An empty list is a broken file, not a broker that trades nothing.
                guard !listings.isEmpty else { throw BrokerFailure.unreachable("an empty list") }
                var named: [InstrumentListing] = []
                named.reserveCapacity(listings.count)
                for listing in listings {
                    let first = known[listing.named, default: listing]
                    known[listing.named] = first
                    named.append(listing.described(by: first))
                }
                let changed = try await store.load(named, of: master.broker, by: actor)
                loaded.append((master.broker, .success(changed)))
            } catch {
                loaded.append((master.broker, .failure(error)))
            }
        }
        return loaded
    }
}

extension InstrumentListing {
    /// What all brokers' lists know an instrument by.
    fileprivate struct Name: Hashable {
        let exchange: ExchangeName
        let symbol: String
    }

    fileprivate var named: Name { Name(exchange: exchange, symbol: symbol.uppercased()) }

    /// This broker's segment, code and limits for an instrument as another list describes it.
    fileprivate func described(by other: InstrumentListing) -> InstrumentListing {
        InstrumentListing(
            exchange: exchange,
            symbol: symbol,
            name: other.name,
            isin: isin,
            series: other.series,
            lot: other.lot,
            tick: other.tick,
            freezeQuantity: freezeQuantity,
            lowerCircuit: lowerCircuit,
            upperCircuit: upperCircuit,
            price: price,
            segment: segment,
            code: code
        )
    }
}
