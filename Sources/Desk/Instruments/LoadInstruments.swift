import Synchronization
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
    /// groups each in their own way, and it must not be another thing after every list. With
    /// `acceptingShort` lists are taken also where they lack most of what the last ones had.
    ///
    /// - Returns: how many instruments were new or changed for each broker, or why it failed.
    package func callAsFunction(acceptingShort: Bool = false, by actor: Actor) async
        -> [(BrokerName, Result<Int, any Error>)]
    {
        var loaded: [(BrokerName, Result<Int, any Error>)] = []
        var known: Set<ListedName> = []
        for master in masters {
            do {
                let list = try await master.list()
                let others = known
                let seen = SeenNames()
                let described = InstrumentList { () throws(BrokerFailure) in
                    seen.names = []
                    return DescribingReader(rest: try list.reader(), others: others, seen: seen)
                }
                let load = try await store.load(
                    described,
                    of: master.broker,
                    acceptingShort: acceptingShort,
                    by: actor
                )
                loaded.append((master.broker, try load.result))
                known.formUnion(seen.names)
            } catch {
                loaded.append((master.broker, .failure(error)))
            }
        }
        return loaded
    }
}

/// A list that lacks most of what the one before had: most likely a broken file.
package struct ShortInstrumentList: Error, CustomStringConvertible {
    package let shares: Int
    package let before: Int
    package var description: String {
        "refused: the list has \(shares) shares, and the one before had \(before)"
    }
}

extension InstrumentLoad {
    fileprivate var result: Result<Int, any Error> {
        get throws {
            switch self {
            case .stored(let changed): .success(changed)
            case .tooShort(let shares, let before):
                throw ShortInstrumentList(shares: shares, before: before)
            case .unreadable(let failure): throw failure
            }
        }
    }
}

/// What all brokers' lists know an instrument by.
private struct ListedName: Hashable, Sendable {
    let exchange: ExchangeName
    let symbol: String
}

/// What one list has named so far; used by the one reader at a time.
private final class SeenNames: Sendable {
    private let held = Mutex<Set<ListedName>>([])

    var names: Set<ListedName> {
        get { held.withLock { $0 } }
        set { held.withLock { $0 = newValue } }
    }

    func insert(_ name: ListedName) { held.withLock { _ = $0.insert(name) } }
}

/// Marks which listings describe an instrument: those that no list before has named.
private struct DescribingReader: InstrumentReader {
    var rest: any InstrumentReader
    let others: Set<ListedName>
    let seen: SeenNames

    mutating func next() throws(BrokerFailure) -> InstrumentListing? {
        guard var listing = try rest.next() else { return nil }
        let name = ListedName(exchange: listing.exchange, symbol: listing.symbol.uppercased())
        listing.describes = !others.contains(name)
        if listing.describes { seen.insert(name) }
        return listing
    }
}
