package enum Side: Sendable {
    case buy, sell

    package var opposite: Side { self == .buy ? .sell : .buy }
}

package enum Product: Sendable, Hashable, CaseIterable {
    case delivery, intraday, margin, funded

    /// The part of the price that an account must have, in hundredths of a percent.
    package var marginBasisPoints: Int64 {
        switch self {
        case .delivery, .margin: 10_000
        case .intraday: 2_000
        case .funded: 2_500
        }
    }
}

package enum OrderKind: Sendable {
    case limit, market, stopLimit, stopMarket

    package var isStop: Bool { self == .stopLimit || self == .stopMarket }
    package var isMarket: Bool { self == .market || self == .stopMarket }
}

package enum Validity: Sendable {
    case day, immediateOrCancel
}

package enum OrderState: Sendable, Hashable, CaseIterable {
    /// With the broker, not yet at the exchange.
    case transit
    case pending, partTraded, traded, rejected, cancelled, expired

    package var isOpen: Bool { self == .transit || self == .pending || self == .partTraded }
}

/// Why an order was turned away after it had been taken.
package struct Rejection: Sendable, Equatable {
    package let code: String
    package let text: String
}

/// What a client asks for.
package struct OrderRequest: Sendable {
    package var account: Int
    package var reference: String?
    package var instrument: Int
    package var side: Side
    package var product: Product
    package var kind: OrderKind
    package var validity: Validity
    package var quantity: Int64
    package var disclosed: Int64 = 0
    package var price: Rupees = .zero
    package var trigger: Rupees = .zero
    package var isAfterMarket = false
    /// Taken, then rejected whatever it says: an injected fault.
    package var isDoomed = false
    /// Not to be seen in the book, the trades or the updates before then: an injected fault.
    package var hiddenUntil: Moment?
    /// In the book only for as long as it is open: an injected fault.
    package var leavesBookWhenEnded = false
    /// Part of an order that was sliced: only the first slice counts as a booking of its reference.
    package var isLaterSlice = false

    package init(
        account: Int,
        reference: String? = nil,
        instrument: Int,
        side: Side,
        product: Product = .delivery,
        kind: OrderKind,
        validity: Validity = .day,
        quantity: Int64,
        price: Rupees = .zero,
        trigger: Rupees = .zero
    ) {
        self.account = account
        self.reference = reference
        self.instrument = instrument
        self.side = side
        self.product = product
        self.kind = kind
        self.validity = validity
        self.quantity = quantity
        self.price = price
        self.trigger = trigger
    }
}

/// One order in the book of a broker and perhaps of the exchange.
package struct Order: Sendable {
    package let number: Int
    package let account: Int
    package let reference: String?
    package let instrument: Int
    package let side: Side
    package let product: Product
    package internal(set) var kind: OrderKind
    package internal(set) var validity: Validity
    package internal(set) var quantity: Int64
    package internal(set) var disclosed: Int64
    package internal(set) var price: Rupees
    package internal(set) var trigger: Rupees
    package let isAfterMarket: Bool
    package let hiddenUntil: Moment?
    package let leavesBookWhenEnded: Bool
    package let bookedAt: Moment
    package internal(set) var updatedAt: Moment
    package internal(set) var state: OrderState = .transit
    package internal(set) var rejection: Rejection?
    package internal(set) var filled: Int64 = 0
    package internal(set) var filledValue: Rupees = .zero
    package internal(set) var lastFillPrice: Rupees = .zero
    package internal(set) var modifications = 0
    package internal(set) var trades: [Int] = []

    /// The worst price it may trade at; the protection band's edge for a market order.
    var limit: Rupees = .zero
    /// Waits for its trigger.
    package internal(set) var isArmed = false
    /// Which entry of a queue is this order's own; 0 where it is in none.
    var place: UInt32 = 0
    /// Money of the account that is set aside for what is still open.
    var blocked: Rupees = .zero

    init(number: Int, request: OrderRequest, at moment: Moment) {
        self.number = number
        account = request.account
        reference = request.reference
        instrument = request.instrument
        side = request.side
        product = request.product
        kind = request.kind
        validity = request.validity
        quantity = request.quantity
        disclosed = request.disclosed
        price = request.price
        trigger = request.trigger
        isAfterMarket = request.isAfterMarket
        hiddenUntil = request.hiddenUntil
        leavesBookWhenEnded = request.leavesBookWhenEnded
        bookedAt = moment
        updatedAt = moment
        isArmed = request.kind.isStop
    }

    package var remaining: Int64 { quantity - filled }
    /// Whether it waits for its trigger, and for nothing else.
    package var isAwaitingTrigger: Bool { isArmed && state == .pending }
    package var averagePrice: Rupees { filledValue.divided(by: filled) }

    package func isHidden(at moment: Moment) -> Bool {
        hiddenUntil.map { moment < $0 } ?? false
    }
}

/// One match at the exchange, as one of its two sides sees it.
package struct Trade: Sendable {
    package let number: Int
    package let order: Int
    package let quantity: Int64
    package let price: Rupees
    package let at: Moment
}

/// Something that happened to an order, with the order as it then stood.
package struct OrderEvent: Sendable {
    package enum Kind: Sendable {
        case received, confirmed, modified, partTraded, traded, rejected, cancelled, expired
    }

    package let kind: Kind
    package let order: Order
    package let at: Moment
    package let lastPrice: Rupees
}
