import Desk
import Fuzzing
import HTTPClient
import Testing
import Trading

/// An adapter, and every call that a desk makes of it, whose answers are then spoiled.
struct BrokerCallsUnderFuzz: Sendable {
    let broker: any Broker
    let login: any BrokerLogin
    let proof: LoginProof
    let session: BrokerSession
    private let filled: Attempt
    private let open: Attempt

    init(
        _ broker: any Broker,
        _ login: any BrokerLogin,
        _ proof: LoginProof,
        _ session: BrokerSession
    ) {
        self.broker = broker
        self.login = login
        self.proof = proof
        self.session = session
        filled = Sample.attempt(session: session)
        open = Sample.attempt(
            "VTST0000000000000102",
            terms: Sample.terms(price: "2900.00"),
            session: session
        )
    }

    /// Makes every call once, with orders that are filled, open and cancelled.
    func makeAll() async throws -> [LiveOrder] {
        let ids = [
            await broker.place(filled).brokerOrderID, await broker.place(open).brokerOrderID,
        ]
        let orders = [
            Sample.live(filled, try #require(ids[0])), Sample.live(open, try #require(ids[1])),
        ]
        for order in orders { _ = try await broker.look(order) }
        _ = try await broker.orders(session)
        _ = try await broker.trades(session)
        _ = try await broker.find(Sample.doubt(open))
        _ = try await broker.holdings(session)
        _ = try await broker.positions(session)
        _ = try await broker.funds(session)
        _ = try await broker.check(session)
        let listed = try #require(session.instrument)
        _ = try await broker.quotes([listed], session)
        _ = try await broker.services.depth?.depth(listed, session)
        try await broker.cancel(orders[1])
        _ = try await broker.look(orders[1])
        // An order that the broker refuses, and a session that it does not know.
        _ = await broker.place(
            Sample.attempt("VTST0000000000000103", quantity: 900_000_000, session: session)
        )
        let stranger = BrokerSession(
            account: session.account,
            brokerClientID: session.brokerClientID,
            token: Secret("nobody:nothing"),
            egress: nil,
            instrument: session.instrument
        )
        _ = try? await broker.orders(stranger)
        // Last, since a new session ends the one before.
        _ = try await login.session(from: proof)
        return orders
    }

    /// One call with spoiled answers, and what is wrong with what the adapter makes of them.
    func tryOne(_ orders: [LiveOrder], _ random: inout FuzzRandom) async -> String? {
        let order = random.pick(orders)
        do {
            switch random.below(14) {
            case 0: return fault(in: await broker.place(random.pick([filled, open])))
            case 1, 2:
                let (report, trades) = try await broker.look(order)
                return fault(in: [report]) ?? fault(in: trades)
            case 3, 4: return fault(in: try await broker.orders(session))
            case 5: return fault(in: try await broker.trades(session))
            case 6: return fault(in: try await broker.find(Sample.doubt(open)).map { [$0] } ?? [])
            case 7: return fault(in: try await broker.holdings(session))
            case 8: return fault(in: try await broker.positions(session))
            case 9: return fault(in: try await broker.funds(session))
            case 10:
                let prices = try await broker.quotes(session.instrument.map { [$0] } ?? [], session)
                return prices.values.allSatisfy(isPossible) ? nil : "quotes \(prices)"
            case 11:
                let new = try await login.session(from: proof)
                return new.token.reveal().isEmpty ? "a session without a token" : nil
            case 12:
                guard let listed = session.instrument,
                    let depth = try await broker.services.depth?.depth(listed, session)
                else { return "no depth" }
                let levels = depth.bids + depth.asks
                let isGood = levels.allSatisfy { isPossible($0.price) && $0.quantity > .zero }
                return isGood && levels.count <= 10 ? nil : "depth \(depth)"
            default:
                try await broker.cancel(order)
                return nil
            }
        } catch {
            // What has failed is told in words that name no secret.
            let words = "\(error)"
            return words.contains("TESTTOKEN") && !words.contains("answer")
                ? "a token in \(words)" : nil
        }
    }

    // MARK: What an answer may say at the most

    private func fault(in answer: PlacementAnswer) -> String? {
        switch answer {
        case .accepted(let id): id.isEmpty ? "accepted without an id" : nil
        // Refusals release money: their words name the code that proves them.
        case .refused(_, let words): words.isEmpty ? "refused without words" : nil
        case .notSent(let cause): "an answered order counts as not sent: \(cause)"
        case .withheld(let reason): "an answered order counts as withheld: \(reason)"
        case .unanswered, .claimed: nil
        }
    }

    private func fault(in reports: [OrderReport]) -> String? {
        reports.first { $0.quantity > .limit || $0.filled > .limit || $0.brokerOrderID.isEmpty }
            .map { "a report of \($0)" }
    }

    private func fault(in trades: [TradeReport]) -> String? {
        trades.first { trade in
            trade.quantity > .limit || trade.quantity == .zero || !isPossible(trade.price)
                || trade.tradeID.isEmpty
        }.map { "a trade of \($0)" }
    }

    private func fault(in holdings: [BrokerHolding]) -> String? {
        holdings.first { holding in
            holding.quantity > .limit || holding.free > .limit || holding.symbol.isEmpty
                || holding.averagePrice.map { !isPossible($0) } ?? false
        }.map { "a holding of \($0)" }
    }

    private func fault(in positions: [BrokerPosition]) -> String? {
        positions.first { position in
            position.netQuantity.magnitude > UInt64(Quantity.limit.raw) || position.symbol.isEmpty
        }.map { "a position of \($0)" }
    }

    private func fault(in funds: BrokerFunds) -> String? {
        [funds.available, funds.utilised].allSatisfy { abs($0.paise) <= Money.limit.paise }
            ? nil : "funds of \(funds)"
    }

    private func isPossible(_ price: Price) -> Bool { price.raw > 0 && price <= .limit }
}
