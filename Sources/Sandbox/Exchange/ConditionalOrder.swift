/// The shape of an order that waits for a price at a broker.
package enum ConditionalShape: Sendable {
    case single, pair, bracket
}

/// What one leg of a conditional order is for.
package enum LegRole: Sendable {
    case entry, target, stop
}

/// Where one leg stands.
package enum LegState: Sendable, Equatable {
    /// Waits for another leg.
    case dormant
    /// Waits for its price.
    case armed
    /// Its order is in the book.
    case sent
    case cancelled, expired
}

/// One leg: a price to wait for, and the order that it sends.
package struct ConditionalLeg: Sendable {
    package let role: LegRole
    package let side: Side
    /// Whether the last price must rise to the trigger; nil: it is sent at once.
    package var rises: Bool?
    package var trigger: Rupees
    package var kind: OrderKind
    package var price: Rupees
    package var quantity: Int64
    /// By how much a stop follows; zero where it stays.
    package var trail: Rupees
    package internal(set) var state: LegState = .armed
    /// The number of the order that it has sent.
    package internal(set) var order: Int?
    /// The best price since it was armed: what a trailing stop follows.
    var best: Rupees = .zero

    package init(
        role: LegRole,
        side: Side,
        rises: Bool?,
        trigger: Rupees,
        kind: OrderKind,
        price: Rupees,
        quantity: Int64,
        trail: Rupees = .zero
    ) {
        self.role = role
        self.side = side
        self.rises = rises
        self.trigger = trigger
        self.kind = kind
        self.price = price
        self.quantity = quantity
        self.trail = trail
    }
}

/// A conditional order in a broker's book.
package struct ConditionalOrder: Sendable {
    package enum State: Sendable, Equatable {
        case active, triggered, cancelled, expired
    }

    package let number: Int
    package let account: Int
    package let instrument: Int
    package let product: Product
    package let shape: ConditionalShape
    /// Which of a broker's several books it is in; a word of the face's own.
    package let book: String
    package let reference: String?
    package let bookedAt: Moment
    package let expiresAt: Moment
    package let hiddenUntil: Moment?
    package var legs: [ConditionalLeg]
    package internal(set) var state: State = .active
    package internal(set) var updatedAt: Moment

    package subscript(role: LegRole) -> ConditionalLeg? { legs.first { $0.role == role } }

    package func isHidden(at moment: Moment) -> Bool { hiddenUntil.map { moment < $0 } ?? false }
}

/// What a client asks to wait.
package struct ConditionalRequest: Sendable {
    package let account: Int
    package let instrument: Int
    package let product: Product
    package let shape: ConditionalShape
    package let book: String
    package var reference: String?
    package var hiddenUntil: Moment?
    package let legs: [ConditionalLeg]

    package init(
        account: Int,
        instrument: Int,
        product: Product,
        shape: ConditionalShape,
        book: String = "",
        reference: String? = nil,
        legs: [ConditionalLeg]
    ) {
        self.account = account
        self.instrument = instrument
        self.product = product
        self.shape = shape
        self.book = book
        self.reference = reference
        self.legs = legs
    }
}
