package import Trading

/// One client's orders, of whichever trades.
package protocol ClientOrderStore: Sendable {
    /// One page of a client's orders, those of the newest trades first.
    func orders(of client: ClientID, _ page: ClientOrderPage) async throws(StoreFailure)
        -> [ClientOrder]
}

/// Which of a client's orders are asked for.
package struct ClientOrderPage: Sendable {
    /// The last one of the page before.
    package let after: Place?
    /// This order only.
    package let only: IntentID?
    package let limit: Int

    package init(after: Place? = nil, only: IntentID? = nil, limit: Int) {
        self.after = after
        self.only = only
        self.limit = limit
    }

    /// The place of one order in the list.
    package struct Place: Sendable, Equatable {
        package let task: TaskID
        package let intent: IntentID

        package init(task: TaskID, intent: IntentID) {
            self.task = task
            self.intent = intent
        }
    }
}

/// One order of a client with the trade that it is part of.
package struct ClientOrder: Sendable {
    package let trade: BulkTrade
    package let result: ClientResult

    package init(trade: BulkTrade, result: ClientResult) {
        self.trade = trade
        self.result = result
    }

    package var place: ClientOrderPage.Place {
        ClientOrderPage.Place(task: trade.id, intent: result.intent.id)
    }
}

extension BulkTrade {
    /// Whether it was asked for this client alone, as by the client itself.
    package func isOnly(for client: ClientID) -> Bool {
        if case .named(let ids) = clients { ids == [client] } else { false }
    }
}
