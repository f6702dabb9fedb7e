package import Trading

/// Orders whose fills nobody has seen to their end.
package protocol UnseenStore: Sendable {
    /// Each client with orders at these brokers of which no book can tell any more, or with live ones that
    /// were taken before `settled` and not seen since (nil: those are left out), or with an open alert of
    /// either (`AlertKind.ordersUnseen`).
    func unseenOrders(at brokers: [BrokerName], since settled: Timestamp?)
        async throws(StoreFailure) -> [UnseenOrders]
}

/// One client's orders whose fills nobody has seen to their end.
package struct UnseenOrders: Sendable, Equatable {
    package let trader: TraderID
    package let client: ClientID
    /// How many of them no book can tell of any more.
    package let untold: Int
    /// How many a look could still see, as long as the broker's list is not cleared.
    package let unseen: Int
    /// Names of their brokers, for people.
    package let brokers: String

    package init(
        trader: TraderID,
        client: ClientID,
        untold: Int,
        unseen: Int,
        brokers: String
    ) {
        self.trader = trader
        self.client = client
        self.untold = untold
        self.unseen = unseen
        self.brokers = brokers
    }
}
