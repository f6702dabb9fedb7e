import Desk
import DeskTesting
import Testing
import Trading

@Suite("What portfolios tell", .timeLimit(.minutes(5)))
struct ReadPortfolioTests {
    private let world = DeskWorld(skipsSleeps: false)
    private var filling: Filling { Filling(trades: world.store, orders: world.store) }
    private var read: ReadPortfolio {
        ReadPortfolio(store: world.store, quotes: world.quotes, clock: world.clock)
    }
    private var profit: ReadTradeProfit {
        ReadTradeProfit(store: world.store, quotes: world.quotes, clock: world.clock)
    }
    private let yesterday = ManualClock.morning.advanced(by: .seconds(-86_400))

    private func order(
        _ side: Side,
        _ quantity: Int64,
        _ key: String,
        product: Product = .delivery,
        clients: ClientFilter = .all
    ) -> Submission {
        Submission(
            side,
            quantity,
            of: world.instrument,
            product: product,
            clients: clients,
            key: key,
            trader: world.trader
        )
    }

    @Test("Bought yesterday, half sold today: the numbers are the ledger's to the paisa")
    func halfSold() async throws {
        let client = world.addClients(1)[0]
        let bought = try await filling.fillAll(
            order(.buy, 10, "b"),
            at: Price(raw: 1_000_000),
            yesterday
        )
        try await filling.fillAll(
            order(.sell, 5, "s"),
            at: Price(raw: 1_100_000),
            ManualClock.morning
        )
        world.quotes.set(Price(raw: 1_200_000), of: world.instrument.id)

        let portfolio = try #require(try await read.client(client))
        let held = try #require(portfolio.holdings.first)
        #expect(held.shares.holding == Holding(quantity: Quantity(5), cost: Money(paise: 50_000)))
        #expect(held.shares.holding.averagePrice == Price(raw: 1_000_000))
        #expect(held.quote == Quote(price: Price(raw: 1_200_000), age: .zero))
        #expect(held.valuation?.marketValue == Money(paise: 60_000))
        #expect(held.valuation?.unrealised == Money(paise: 10_000))
        #expect(held.valuation?.rate?.percent == "20.00")
        #expect(held.realised == Money(paise: 5_000))
        #expect(held.isProven && held.unattributed == .zero)
        #expect(held.lots.map(\.task) == [bought])
        #expect(held.lots.map(\.held) == [Quantity(5)])
        #expect(portfolio.funds.invested == portfolio.worth.invested)
        #expect(portfolio.funds.realisedGain == Money(paise: 5_000))
        #expect(portfolio.realisedToday == Money(paise: 5_000))
        let position = try #require(portfolio.positions.first)
        #expect(portfolio.positions.count == 1 && position.position.net == -5)
        // Sold at ₹ 110, now ₹ 120.
        #expect(position.change == Money(paise: -5_000))
    }

    @Test("Intraday and delivery are positions of their own; a product's day is its own")
    func products() async throws {
        let client = world.addClients(1)[0]
        let now = ManualClock.morning
        let price = Price(raw: 1_000_000)
        try await filling.fillAll(order(.buy, 4, "d"), at: price, now)
        try await filling.fillAll(order(.buy, 6, "i", product: .intraday), at: price, now)
        try await filling.fillAll(order(.sell, 6, "j", product: .intraday), at: price, now)
        let portfolio = try #require(try await read.client(client))
        let nets = portfolio.positions.map { "\($0.position.product.rawValue) \($0.position.net)" }
        #expect(nets == ["CNC 4", "INTRADAY 0"])
        #expect(portfolio.holdings.map(\.shares.holding.quantity) == [Quantity(4)])
    }

    @Test("Without a fresh price nothing that follows from one is told, and it is said which")
    func noPrice() async throws {
        let client = world.addClients(1)[0]
        try await filling.fillAll(order(.buy, 2, "b"), at: DeskWorld.price, ManualClock.morning)
        world.quotes.set(nil, of: world.instrument.id)
        let portfolio = try #require(try await read.client(client))
        #expect(portfolio.holdings.map(\.quote) == [nil])
        #expect(portfolio.holdings.map(\.valuation) == [nil])
        #expect(portfolio.worth.valuation == nil)
        #expect(portfolio.worth.unpriced.map(\.symbol) == ["RELIANCE"])
        #expect(portfolio.worth.invested == Money(paise: 20_000))
        #expect(portfolio.positions.map(\.change) == [nil])
        let all = try await read.trader(world.trader, after: nil, limit: 10)
        #expect(all.total?.worth.valuation == nil)
        #expect(all.clients.map(\.worth.valuation) == [nil])
    }

    @Test("Prices that do not come in time are left out")
    func slowPrices() async throws {
        let client = world.addClients(1)[0]
        try await filling.fillAll(order(.buy, 2, "b"), at: DeskWorld.price, ManualClock.morning)
        let read = ReadPortfolio(
            store: world.store,
            quotes: SilentQuotes(clock: world.clock),
            clock: world.clock
        )
        let reading = Task { try await read.client(client) }
        await world.clock.waitForSleepers(2)
        world.clock.advance(by: .seconds(4))
        let portfolio = try #require(try await reading.value)
        #expect(portfolio.holdings.map(\.quote) == [nil])
    }

    @Test("Shares that no trade of ours bought are held by no task, and the ledger is not matched")
    func foreignShares() async throws {
        let client = world.addClients(1)[0]
        world.store.addHolding(Quantity(7), of: world.instrument.id, to: client)
        let portfolio = try #require(try await read.client(client))
        let held = try #require(portfolio.holdings.first)
        #expect(held.unattributed == Quantity(7))
        #expect(!held.isProven && held.lots.isEmpty)
    }

    @Test("A trader's total is the sum of the clients, and comes with the first page")
    func total() async throws {
        let clients = world.addClients(5)
        let other = world.store.addClient("OTHER", of: world.store.addTrader())
        try await filling.fillAll(order(.buy, 3, "b"), at: DeskWorld.price, ManualClock.morning)
        world.quotes.set(Price(raw: 1_010_000), of: world.instrument.id)
        let first = try await read.trader(world.trader, after: nil, limit: 3)
        let total = try #require(first.total)
        #expect(total.clients == 5)
        #expect(total.worth.invested == Money(paise: 150_000))
        #expect(total.worth.valuation?.unrealised == Money(paise: 1_500))
        #expect(total.holdings.map(\.shares.holding.quantity) == [Quantity(15)])
        let rest = try await read.trader(
            world.trader,
            after: first.clients.last?.client.id,
            limit: 3
        )
        #expect(rest.total == nil)
        let rows = first.clients + rest.clients
        #expect(rows.map(\.client.id) == clients && !clients.contains(other))
        #expect(rows.allSatisfy { $0.worth.valuation?.unrealised == Money(paise: 300) })
    }

    @Test("A trade's profit follows its shares, first in, first out, through later sales")
    func tradeProfit() async throws {
        let clients = world.addClients(3)
        let now = ManualClock.morning
        let first = try await filling.fillAll(order(.buy, 4, "1"), at: Price(raw: 1_000_000), now)
        let second = try await filling.fillAll(order(.buy, 4, "2"), at: Price(raw: 1_200_000), now)
        let sale = try await filling.fillAll(
            order(.sell, 6, "3", clients: .named([clients[0]])),
            at: Price(raw: 1_300_000),
            now
        )
        world.quotes.set(Price(raw: 1_250_000), of: world.instrument.id)
        let profits = try await [first, second, sale].asyncMap { task in
            let trade = try #require(try await world.store.trade(task))
            return try await profit(of: trade, after: nil, limit: 2)
        }
        // Client 0 sold the first four (+₹ 120) and two of the second (+₹ 20); the ledger's average
        // is ₹ 110: +₹ 120 for six.
        let rows = profits.map { $0.clients[0].traded }
        #expect(rows.map(\.realised.paise) == [12_000, 2_000, 12_000])
        #expect(rows.map(\.held.raw) == [0, 2, 0])
        #expect(rows[1].valuation?.unrealised == Money(paise: 1_000))
        // Two clients still hold all: 4 × (₹ 125 − ₹ 100) each, and 4 × (₹ 125 − ₹ 120).
        let totals = profits.compactMap(\.total)
        #expect(totals.map(\.clients) == [3, 3, 1])
        #expect(totals.map(\.sums.realised.paise) == [12_000, 2_000, 12_000])
        #expect(totals.map { $0.sums.valuation?.unrealised.paise } == [20_000, 5_000, 0])
        #expect(totals.allSatisfy { $0.unproven == 0 })
        #expect(profits.map(\.clients.count) == [2, 2, 1])
    }

    @Test("A total goes over all clients, however they are paged, unless it is too much work")
    func totals() async throws {
        _ = world.addClients(7)
        let task = try await filling.fillAll(order(.buy, 1, "b"), at: DeskWorld.price, yesterday)
        let trade = try #require(try await world.store.trade(task))
        func total(limit: Int, after: ClientID? = nil, mostFills: Int = 99) async throws -> Int? {
            let profit = ReadTradeProfit(
                store: world.store,
                quotes: world.quotes,
                clock: world.clock,
                stride: 2,
                mostFills: mostFills
            )
            return try await profit(of: trade, after: after, limit: limit).total?.clients
        }
        for limit in [1, 2, 3, 5, 6, 7, 8] { #expect(try await total(limit: limit) == 7) }
        #expect(try await total(limit: 3, after: ClientID(1)) == nil)
        #expect(try await total(limit: 1, mostFills: 3) == nil)
        #expect(try await total(limit: 9, mostFills: 3) == 7)
    }
}

/// Quotes that never come, until the caller has had enough.
private struct SilentQuotes: LiveQuotes {
    let clock: ManualClock

    func quote(_ instrument: InstrumentID, for trader: TraderID, maximumAge: Duration) async
        -> Quote?
    {
        try? await clock.sleep(for: .seconds(3_600))
        return nil
    }
}

extension Array {
    fileprivate func asyncMap<Result>(_ change: (Element) async throws -> Result) async rethrows
        -> [Result]
    {
        var results: [Result] = []
        for element in self { results.append(try await change(element)) }
        return results
    }
}
