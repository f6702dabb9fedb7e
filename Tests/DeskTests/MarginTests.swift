import Desk
import DeskTesting
import Testing
import Trading

@Suite struct MarginTests {
    private let clock = ManualClock()
    private let store: MemoryStore
    private let quotes = MemoryQuotes()
    private let trader: TraderID

    init() {
        store = MemoryStore(clock: clock)
        trader = store.addTrader()
    }

    private func shares(_ count: Int) -> [Instrument] {
        (0..<count).map { store.addInstrument("S\($0)") }
    }

    private var watch: WatchMargin {
        WatchMargin(margins: store, alerts: store, quotes: quotes, clock: clock)
    }

    @Test("Missed days of interest are made up for, and no day is charged twice")
    func interest() async throws {
        let client = store.addClient("C1", of: trader, broker: .zerodha)
        let share = shares(1)[0]
        store.addLentHolding(
            Quantity(10),
            of: share.id,
            to: client,
            cost: Money(paise: 12_500_000)
        )
        let charge = ChargeInterest(store: store, clock: clock)
        // Seven days that are over, each 0.04 % of one lakh.
        #expect(try await charge() == 7)
        #expect(try await charge() == 0)
        #expect(store.funds(of: client)?.interest == Money(paise: 28_000))
        clock.advance(by: .seconds(86_400))
        #expect(try await charge() == 1)
        #expect(store.funds(of: client)?.interest == Money(paise: 32_000))
    }

    @Test("More than ten instruments on lent money raise one alert, which ends with the eleventh")
    func manyTrades() async throws {
        let client = store.addClient("C1", of: trader)
        let instruments = shares(11)
        for instrument in instruments.dropLast() {
            store.addLentHolding(
                Quantity(1),
                of: instrument.id,
                to: client,
                cost: Money(paise: 10_000)
            )
            quotes.set(Price(raw: 1_000_000), of: instrument.id)
        }
        #expect(try await watch().isEmpty)
        store.addLentHolding(
            Quantity(1),
            of: instruments[10].id,
            to: client,
            cost: Money(paise: 10_000)
        )
        quotes.set(Price(raw: 1_000_000), of: instruments[10].id)
        #expect(try await watch().map(\.kind) == [.manyMTFTrades])
        #expect(try await watch().isEmpty)
        let open = AlertQuery(trader: trader, isOpen: true, before: nil, limit: 10)
        #expect(try await store.alerts(open).map(\.timesSeen) == [2])
    }

    @Test("A portfolio below 70 % of the capital raises an alert, which ends when it recovers")
    func belowCapital() async throws {
        let client = store.addClient("C1", of: trader, capital: Money(paise: 10_000_000))
        let share = shares(1)[0]
        // ₹5,00,000 of shares, ₹1,00,000 of them the client's own.
        store.addLentHolding(
            Quantity(500),
            of: share.id,
            to: client,
            cost: Money(paise: 50_000_000)
        )
        let open = AlertQuery(trader: trader, isOpen: true, before: nil, limit: 10)
        quotes.set(Price(raw: 9_400_000), of: share.id)
        #expect(try await watch().isEmpty)
        quotes.set(Price(raw: 9_399_500), of: share.id)
        #expect(try await watch().map(\.kind) == [.portfolioBelowCapital])
        // Without a price nothing is concluded.
        quotes.set(nil, of: share.id)
        #expect(try await watch().isEmpty)
        #expect(try await store.alerts(open).count == 1)
        quotes.set(Price(raw: 10_000_000), of: share.id)
        #expect(try await watch().isEmpty)
        #expect(try await store.alerts(open).isEmpty)
    }
}
