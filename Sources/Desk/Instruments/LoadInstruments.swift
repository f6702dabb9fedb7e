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
    /// - Returns: how many instruments were new or changed for each broker, or why it failed.
    package func callAsFunction(by actor: Actor) async -> [(BrokerName, Result<Int, any Error>)] {
        var loaded: [(BrokerName, Result<Int, any Error>)] = []
        for master in masters {
            do {
                let listings = try await master.listings()
                // An empty list is a broken file, not a broker that trades nothing.
                guard !listings.isEmpty else { throw BrokerFailure.unreachable("an empty list") }
                let changed = try await store.load(listings, of: master.broker, by: actor)
                loaded.append((master.broker, .success(changed)))
            } catch {
                loaded.append((master.broker, .failure(error)))
            }
        }
        return loaded
    }
}
