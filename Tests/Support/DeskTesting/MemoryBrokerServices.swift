package import Desk
import Synchronization
package import Trading

/// A broker's services for one account, in memory: what is set is told, what is changed is kept.
package final class MemoryBrokerServices: ProfileSource, MarginSource, ChargeSource,
    LedgerStatementSource, TradeStatementSource, SaleAuthorization, TraderControl, ProfitExit,
    RegisteredAddresses, PositionConversion, NativeExit, ProfitReportSource, SessionRenewal,
    SessionEnd, PaymentSource, AuctionSource, DepthSource
{
    /// What the broker has, and what it was asked.
    package struct State: Sendable {
        package var addresses = AddressList(
            primary: nil,
            secondary: nil,
            changed: nil,
            seenFrom: nil
        )
        package var isKilled = false
        package var rule: ProfitExitRule?
        package var conversions: [Conversion] = []
        package var orders: [ProspectiveOrder] = []
        package var pins = 0
        package var exits = 0
        package var ends = 0
        package var periods: [ReportPeriod] = []
        /// Nil: the broker tells none.
        package var depth: MarketDepth?
        /// How often it was asked for.
        package var depthCalls = 0
        /// Thrown by every call while it is set.
        package var failure: BrokerFailure?
    }

    package let way = SaleAuthorizationWay.page
    package let reach = NativeExitReach.positionsAndOrders
    private let state = Mutex(State())

    package init() {}

    /// The state as it is, or as it is to be.
    package var now: State { state.withLock { $0 } }

    package func set(_ change: (inout State) -> Void) {
        var changed = now
        change(&changed)
        let new = changed
        state.withLock { $0 = new }
    }

    /// All of them.
    package var services: BrokerServices {
        var services = BrokerServices()
        services.profile = self
        services.margins = self
        services.charges = self
        services.ledger = self
        services.tradeHistory = self
        services.sales = self
        services.killSwitch = self
        services.profitExit = self
        services.addresses = self
        services.conversion = self
        services.exit = self
        services.profitReport = self
        services.renewal = self
        services.sessionEnd = self
        services.payments = self
        services.auctions = self
        services.depth = self
        return services
    }

    package func depth(_ instrument: BrokerInstrument, _ session: BrokerSession)
        async throws(BrokerFailure) -> MarketDepth
    {
        set { $0.depthCalls += 1 }
        try check()
        guard let depth = now.depth else { throw .unreachable("no depth is set") }
        return depth
    }

    private func check() throws(BrokerFailure) {
        if let failure = now.failure { throw failure }
    }

    package func profile(_ session: BrokerSession) async throws(BrokerFailure) -> BrokerProfile {
        try check()
        return BrokerProfile(brokerClientID: session.brokerClientID, hasMandate: false)
    }

    /// A tenth of the orders' worth; ₹ 1,000 are there.
    package func margin(_ orders: [ProspectiveOrder], _ session: BrokerSession)
        async throws(BrokerFailure) -> MarginNeed
    {
        try check()
        set { $0.orders = orders }
        let worth = orders.reduce(Money.zero) { $0 + $1.price.value(of: $1.quantity) }
        return MarginNeed(
            required: worth.part(BasisPoints(1_000)),
            available: Money(paise: 100_000),
            charges: nil
        )
    }

    package func charges(_ orders: [ProspectiveOrder], _ session: BrokerSession)
        async throws(BrokerFailure) -> [ChargeEstimate]
    {
        try check()
        return orders.map { _ in
            let fee = Money(paise: 2_000)
            return ChargeEstimate(total: fee, lines: [.init(.brokerage, fee)])
        }
    }

    package func ledger(_ days: ClosedRange<CalendarDay>, _ session: BrokerSession)
        async throws(BrokerFailure) -> [StatementLine]
    {
        try check()
        return [
            StatementLine(
                day: days.lowerBound,
                dayText: "\(days.lowerBound)",
                narration: "OPENING",
                voucher: nil,
                exchange: nil,
                debit: .zero,
                credit: Money(paise: 5),
                balance: Money(paise: 5)
            )
        ]
    }

    package func pastTrades(
        _ days: ClosedRange<CalendarDay>,
        page: Int,
        _ session: BrokerSession
    ) async throws(BrokerFailure) -> PastTrades {
        try check()
        return PastTrades(trades: [], hasMore: page == 0)
    }

    package func saleStanding(isin: String?, _ session: BrokerSession) async throws(BrokerFailure)
        -> SaleStanding
    {
        try check()
        return SaleStanding(hasMandate: false, shares: [])
    }

    /// One that came in, one that is on its way out, and one that failed.
    package func payments(_ session: BrokerSession) async throws(BrokerFailure) -> [Payment] {
        try check()
        return [true, false, nil].map { isDone in
            Payment(
                isPaidIn: isDone == true,
                id: "P1",
                amount: Money(paise: 5),
                isDone: isDone,
                word: "WORD",
                mode: "UPI",
                bank: nil,
                atText: "2026-11-20 10:00:00"
            )
        }
    }

    package func auctions(_ session: BrokerSession) async throws(BrokerFailure) -> [Auction] {
        try check()
        return [
            Auction(
                number: "20",
                symbol: "RELIANCE",
                exchange: "NSE",
                isin: nil,
                quantity: Quantity(5),
                lastPrice: nil
            )
        ]
    }

    package func end(_ session: BrokerSession) async throws(BrokerFailure) {
        try check()
        set { $0.ends += 1 }
    }

    package func sendPIN(_ session: BrokerSession) async throws(BrokerFailure) {
        try check()
        set { $0.pins += 1 }
    }

    package func authorize(_ shares: [SharesToSell], _ session: BrokerSession)
        async throws(BrokerFailure) -> AuthorizationPage
    {
        try check()
        return .url("https://broker.test/authorise/" + (shares.first?.isin ?? ""))
    }

    package func killSwitch(_ session: BrokerSession) async throws(BrokerFailure) -> [KillSwitch] {
        try check()
        return [KillSwitch(segment: nil, isOn: now.isKilled)]
    }

    package func setKillSwitch(on: Bool, segments: [String], _ session: BrokerSession)
        async throws(BrokerFailure) -> [KillSwitch]
    {
        try check()
        set { $0.isKilled = on }
        return [KillSwitch(segment: nil, isOn: on)]
    }

    package func profitExit(_ session: BrokerSession) async throws(BrokerFailure)
        -> ProfitExitRule?
    {
        try check()
        return now.rule
    }

    package func setProfitExit(_ rule: ProfitExitRule, _ session: BrokerSession)
        async throws(BrokerFailure)
    {
        try check()
        set { $0.rule = rule }
    }

    package func clearProfitExit(_ session: BrokerSession) async throws(BrokerFailure) {
        try check()
        set { $0.rule = nil }
    }

    package func addresses(_ session: BrokerSession) async throws(BrokerFailure) -> AddressList {
        try check()
        return now.addresses
    }

    package func register(primary: String, secondary: String?, _ session: BrokerSession)
        async throws(BrokerFailure) -> AddressChange
    {
        try check()
        let list = AddressList(
            primary: primary,
            secondary: secondary,
            changed: nil,
            seenFrom: nil
        )
        set { $0.addresses = list }
        return AddressChange(list: list, endsSessions: true)
    }

    package func convert(_ conversion: Conversion, _ session: BrokerSession)
        async throws(BrokerFailure)
    {
        try check()
        set { $0.conversions.append(conversion) }
    }

    package func renew(_ session: BrokerSession) async throws(BrokerFailure) -> NewSession {
        if let failure = now.failure { throw failure }
        return NewSession(
            token: Secret("renewed"),
            owners: [session.brokerClientID],
            ends: nil
        )
    }

    package func exitPositions(_ session: BrokerSession) async throws(BrokerFailure)
        -> NativeExitReceipt
    {
        set { $0.exits += 1 }
        try check()
        return NativeExitReceipt(orders: ["77"], words: "all closed")
    }

    /// Two rows, a page each.
    package func profitReport(_ period: ReportPeriod, page: Int, _ session: BrokerSession)
        async throws(BrokerFailure) -> ProfitReport
    {
        try check()
        set { $0.periods.append(period) }
        let row = RealisedRow(
            name: "RELIANCE INDUSTRIES",
            isin: "INE002A01018",
            kind: "EQ",
            quantity: Quantity(5),
            bought: .init(
                dayText: "01-04-2025",
                average: Price(raw: 29_000_000),
                amount: Money(paise: 1_450_000)
            ),
            sold: .init(
                dayText: "02-04-2025",
                average: Price(raw: 28_900_000),
                amount: Money(paise: 1_445_000)
            )
        )
        return ProfitReport(rows: [row], total: 2, hasMore: page == 0)
    }

    package func profitCharges(_ period: ReportPeriod, _ session: BrokerSession)
        async throws(BrokerFailure) -> ChargeEstimate
    {
        try check()
        let fee = Money(paise: 1_850)
        return ChargeEstimate(total: fee, lines: [.init(.depository, fee)])
    }
}
