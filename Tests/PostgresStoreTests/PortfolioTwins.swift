import Desk
import DeskTesting
import Testing
import Trading

@testable import PostgresStore

/// Three clients in both stores, for whom the same is traded.
final class PortfolioTwins {
    private struct Twin {
        let filling: Filling
        let store: any PortfolioStore
        let trader: TraderID
        let user: UserID
        let clients: [ClientID]
        let shares: [Instrument]
        var tasks: [TaskID] = []
    }

    private let desk: OrdersDesk
    private let clock: ManualClock
    private let memory: MemoryStore
    private var twins: [Twin] = []
    private var steps = 0

    init(_ desk: OrdersDesk) async throws {
        self.desk = desk
        // Bulk trades are accepted by the server's clock; their trades must be of the same days.
        clock = ManualClock(try await desk.now())
        memory = MemoryStore(clock: clock)
        let trader = memory.addTrader()
        let real = Twin(
            filling: Filling(trades: desk.trades, orders: desk.orders),
            store: PostgresPortfolioStore(pool: desk.pool),
            trader: desk.trader,
            user: desk.user,
            clients: try await desk.clients(3, cash: 1_000_000_000),
            shares: [desk.share, try await desk.secondShare()]
        )
        let fake = Twin(
            filling: Filling(trades: memory, orders: memory),
            store: memory,
            trader: trader,
            user: UserID(1),
            clients: (0..<3).map {
                memory.addClient(
                    "C\($0)",
                    of: trader,
                    capital: Money(paise: 1_000_000_000),
                    broker: .dhan
                )
            },
            shares: ["RELIANCE", "INFY"].map { memory.addInstrument($0) }
        )
        twins = [real, fake]
    }

    /// One trade for some of the clients, filled in up to three parts or in part only.
    func step(_ random: inout Chance) async throws {
        steps += 1
        clock.advance(by: .seconds(1))
        let (side, place) = (random.below(3) < 2 ? Side.buy : .sell, random.below(2))
        let chosen = (0..<3).filter { _ in random.below(3) > 0 }
        let quantity = Int64(1 + random.below(40))
        let price = Price(raw: Int64(1_000_000 + random.below(500_000)))
        let product = [Product.delivery, .intraday, .marginFunding][random.below(3)]
        let (parts, isWhole) = (1 + random.below(3), random.below(4) > 0)
        // Some of yesterday, some of today.
        let at = clock.now().advanced(by: .seconds(random.below(2) == 0 ? -86_400 : 0))
        guard !chosen.isEmpty else { return }
        for index in twins.indices {
            let twin = twins[index]
            let submission = Submission(
                side,
                quantity,
                of: twin.shares[place],
                product: product,
                clients: .named(chosen.map { twin.clients[$0] }),
                key: "step \(steps)",
                trader: twin.trader,
                user: twin.user
            )
            let attempts = try await twin.filling.send(submission, price: price)
            for attempt in attempts {
                let total = attempt.quantity.raw
                let traded = isWhole ? total : total / 2
                let pieces = (0..<parts).map { traded * Int64($0 + 1) / Int64(parts) }
                let trades = pieces.indices.compactMap { piece -> Filling.Part? in
                    let size = pieces[piece] - (piece > 0 ? pieces[piece - 1] : 0)
                    let paid = Price(raw: price.raw + Int64(piece) * 55)
                    let id = "T\(attempt.job.intent)-\(piece)"
                    return size > 0 ? Filling.Part(id, size, paid, at: at) : nil
                }
                if !trades.isEmpty { try await twin.filling.fill(attempt, trades) }
            }
            if let task = attempts.first?.job.task { twins[index].tasks.append(task) }
        }
    }

    /// Everything that portfolios tell, in words that name no id.
    func view(isReal: Bool) async throws -> [String] {
        let twin = twins[isReal ? 0 : 1]
        let quotes = MemoryQuotes([twin.shares[0].id: Price(raw: 1_234_567)])
        let read = ReadPortfolio(store: twin.store, quotes: quotes, clock: clock)
        let words = { (fill: ShareFill) in
            let task = twin.tasks.firstIndex(of: fill.task) ?? -1
            return "#\(task) \(fill.side) \(fill.product) \(fill.quantity) \(fill.price) \(fill.at)"
        }
        var view: [String] = []
        for client in twin.clients {
            let portfolio = try #require(try await read.client(client))
            view.append("\(portfolio.funds) \(portfolio.worth.invested) \(portfolio.realisedToday)")
            view += portfolio.holdings.map { held in
                let lots = held.lots.map { lot in
                    "#\(twin.tasks.firstIndex(of: lot.task) ?? -1) \(lot.held) \(lot.heldCost)"
                }
                return
                    "\(held.shares.symbol) \(held.shares.key.product) \(held.shares.holding) \(held.realised) "
                    + "\(String(describing: held.valuation)) \(lots) isProven: \(held.isProven)"
            }
            view += portfolio.positions.map { "\($0.symbol) \($0.position)" }
            view += try await transactions(of: client, twin).map {
                "\($0.symbol) \(words($0.fill))"
            }
        }
        let totals = try await twin.store.totals(of: twin.trader)
        view.append("\(totals.clients) \(totals.funds)")
        view += totals.shares.map { "\($0.symbol) \($0.key.product) \($0.holding)" }
        let all = try await twin.store.stands(of: twin.trader, after: twin.clients[0], limit: 9)
        view += all.map { "\($0.funds) \($0.shares.map(\.symbol))" }
        for task in twin.tasks {
            let rows = try await twin.store.filledClients(of: task, after: nil, limit: 2)
            view += rows.map { "\($0.holding) \($0.fills.map(words))" }
        }
        return view
    }

    private func transactions(of client: ClientID, _ twin: Twin) async throws -> [BookedFill] {
        let day = CalendarDay(containing: clock.now())
        var found: [BookedFill] = []
        while true {
            let page = try await twin.store.transactions(
                TransactionQuery(
                    client: client,
                    from: day.advanced(by: -1).time(0, 0),
                    to: day.advanced(by: 1).time(0, 0),
                    after: found.last?.place,
                    limit: 4
                )
            )
            found += page
            if page.count < 4 { return found }
        }
    }
}

extension OrdersDesk {
    /// The moment by the server's clock.
    func now() async throws -> Timestamp {
        let sql = "SELECT (extract(epoch FROM now()) * 1000000)::bigint"
        return Timestamp(microseconds: try await number(sql))
    }

    /// Another instrument that Dhan lists.
    func secondShare() async throws -> Instrument {
        let id = try await number(
            """
            WITH made AS (
                INSERT INTO instrument (exchange, symbol, series, name, lot, tick)
                VALUES ('NSE', 'INFY', 'EQ', 'INFY Limited', 1, 500) RETURNING id
            )
            INSERT INTO broker_instrument (broker, instrument_id, segment, code)
            SELECT 'dhan', id, 'NSE_EQ', '1594' FROM made RETURNING instrument_id
            """
        )
        return Instrument(
            id: InstrumentID(id),
            exchange: .nse,
            symbol: "INFY",
            name: "INFY Limited",
            isin: nil,
            lot: Quantity(1),
            tick: Price(raw: 500),
            freezeQuantity: nil,
            lowerCircuit: nil,
            upperCircuit: nil
        )
    }
}
