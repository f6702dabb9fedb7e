/// Whose account: the broker's face and the client's id there.
package struct AccountName: Hashable, Sendable {
    package let broker: String
    package let client: String

    package init(broker: String, client: String) {
        self.broker = broker
        self.client = client
    }
}

/// Shares in the depository from earlier days.
package struct Holding: Sendable, Equatable {
    package var quantity: Int64
    package var averagePrice: Rupees

    package init(quantity: Int64, averagePrice: Rupees) {
        self.quantity = quantity
        self.averagePrice = averagePrice
    }
}

package struct PositionKey: Hashable, Sendable {
    package let instrument: Int
    package let product: Product
}

/// What an account bought and sold today of one instrument under one product.
package struct Position: Sendable, Equatable {
    package internal(set) var buyQuantity: Int64 = 0
    package internal(set) var buyValue: Rupees = .zero
    package internal(set) var sellQuantity: Int64 = 0
    package internal(set) var sellValue: Rupees = .zero

    package var net: Int64 { buyQuantity - sellQuantity }
    package var buyAverage: Rupees { buyValue.divided(by: buyQuantity) }
    package var sellAverage: Rupees { sellValue.divided(by: sellQuantity) }

    /// Profit on what was both bought and sold.
    package var realized: Rupees {
        (sellAverage - buyAverage) * min(buyQuantity, sellQuantity)
    }

    /// Profit on what is still open, at a price.
    package func unrealized(at price: Rupees) -> Rupees {
        net >= 0 ? (price - buyAverage) * net : (sellAverage - price) * -net
    }

    /// Money that the position takes out of the account's funds; negative where it adds to them.
    func consumed(_ product: Product) -> Rupees {
        if product == .delivery { return buyValue - sellValue }
        let average = net >= 0 ? buyAverage : sellAverage
        let margin = (average * abs(net)).part(basisPoints: product.marginBasisPoints)
        return margin - realized
    }
}

/// One client of one broker: funds, holdings, today's positions and orders.
package struct Account: Sendable {
    package let name: AccountName
    /// Nil where nothing is checked against funds.
    package internal(set) var openingFunds: Rupees?
    /// Money set aside for open orders.
    package internal(set) var blocked: Rupees = .zero
    /// Money in positions, margins included.
    package internal(set) var utilized: Rupees = .zero
    /// Whether a delivery sale needs the shares.
    package internal(set) var checksHoldings = false
    package internal(set) var holdings: [Int: Holding] = [:]
    package internal(set) var positions: [PositionKey: Position] = [:]
    /// Shares that open delivery sales set aside.
    package internal(set) var promised: [Int: Int64] = [:]
    /// Numbers of all orders, oldest first.
    package internal(set) var orders: [Int] = []
    var openingHoldings: [Int: Holding] = [:]
    /// Whether anybody wants this account's order events.
    var isWatched = false

    init(name: AccountName) {
        self.name = name
    }

    package var available: Rupees? {
        openingFunds.map { $0 - blocked - utilized }
    }

    /// Shares of an instrument that may still be sold under delivery.
    package func deliverable(_ instrument: Int) -> Int64 {
        let key = PositionKey(instrument: instrument, product: .delivery)
        let held = holdings[instrument]?.quantity ?? 0
        return held + (positions[key]?.net ?? 0) - (promised[instrument] ?? 0)
    }

    mutating func reset() {
        holdings = openingHoldings
        positions = [:]
        promised = [:]
        orders = []
        blocked = .zero
        utilized = .zero
    }
}
