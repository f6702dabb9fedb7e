package import Desk

/// One order's whole life, as far as the API reads and asks for it.
package typealias WebOrders =
    CancelStore & DoubtStore & DriftStore & ExitStore & ModificationStore & OrderReader

/// Where the API reads and writes: the stores of one process.
package struct WebStores: Sendable {
    let trades: any TradeStore & ApprovalStore
    let orders: any WebOrders
    let accounts: any AccountStore & SessionStore
    let identities: any IdentityStore
    let logins: any LoginStore
    let instruments: any InstrumentStore
    let watchlists: any WatchlistStore
    let audit: any AuditLog
    let limits: any LimitStore
    let repairs: any RepairStore
    let baskets: any BasketStore
    let conditionals: any ConditionalStore
    let portfolios: any PortfolioStore
    let cash: any FundsStore
    let margins: any MarginStore
    let alerts: any AlertStore
    let preflights: any PreflightStore

    package init(
        trades: any TradeStore & ApprovalStore,
        orders: any WebOrders,
        accounts: any AccountStore & SessionStore,
        identities: any IdentityStore,
        logins: any LoginStore,
        instruments: any InstrumentStore,
        watchlists: any WatchlistStore,
        audit: any AuditLog,
        limits: any LimitStore,
        repairs: any RepairStore,
        baskets: any BasketStore,
        conditionals: any ConditionalStore,
        portfolios: any PortfolioStore,
        cash: any FundsStore,
        margins: any MarginStore,
        alerts: any AlertStore,
        preflights: any PreflightStore
    ) {
        self.trades = trades
        self.orders = orders
        self.accounts = accounts
        self.identities = identities
        self.logins = logins
        self.instruments = instruments
        self.watchlists = watchlists
        self.audit = audit
        self.limits = limits
        self.repairs = repairs
        self.baskets = baskets
        self.conditionals = conditionals
        self.portfolios = portfolios
        self.cash = cash
        self.margins = margins
        self.alerts = alerts
        self.preflights = preflights
    }
}
