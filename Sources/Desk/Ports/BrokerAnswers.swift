package import Trading

/// What became of a placement, sorted by what must follow.
package enum PlacementAnswer: Sendable, Equatable {
    /// The broker took the order under this id.
    case accepted(brokerOrderID: String)
    /// The broker said no in a way that its adapter knows to be proof. Release the hold.
    case refused(Reason, words: String)
    /// No byte of the order left this machine. Safe to send again.
    case notSent(String)
    /// A halt came between the claim and the send: no byte left, and the order ends unsent.
    case withheld(Reason)
    /// Timeout, 5xx, 429, a broken connection, an error that is no proof: the order may be live.
    /// Never send again; ask the books. `words`: what the broker said, if anything.
    case unanswered(cause: String, words: String?)
    /// The broker refuses it since, it says, it has an order of this reference already.
    ///
    /// Each reference leaves once, so that order is ours, come by some detour. It is a doubt that no
    /// silence of the books settles: found there, or decided by hand, and never sent again.
    case claimed(words: String)
}

/// What became of a change that was asked for, sorted by what must follow.
package enum ModificationAnswer: Sendable, Equatable {
    /// The order is so from now on; only a broker that is nowhere else can say this.
    case done
    /// The broker took the wish; its books tell the rest.
    case taken
    /// The broker said no in a way that proves that the order is as it was.
    case refused(Reason, words: String)
    /// No byte left this machine.
    case notSent(String)
    /// A halt came between the claim and the send: no byte left, and the change ends unsent.
    case withheld(Reason)
    /// Anything else: the order may be changed or not; ask the books. `words`: what the broker said.
    case unanswered(cause: String, words: String?)
}

extension ModificationAnswer {
    /// The same answer, read as brokers that answer placements and changes alike write it.
    package init(_ answer: PlacementAnswer) {
        self =
            switch answer {
            case .accepted: .taken
            case .refused(let reason, let words): .refused(reason, words: words)
            case .notSent(let why): .notSent(why)
            case .withheld(let reason): .withheld(reason)
            case .claimed(let words):
                .unanswered(cause: "the broker claims to have it", words: words)
            case .unanswered(let cause, let words): .unanswered(cause: cause, words: words)
            }
    }

    /// The same, with the words of a refusal that proves nothing; `read`: how the broker's other
    /// answers are read.
    package func hearing<Value>(_ read: () throws(BrokerFailure) -> Value) -> ModificationAnswer {
        guard case .unanswered(let cause, words: nil) = self else { return self }
        do {
            _ = try read()
        } catch .refused(_, let words) {
            return .unanswered(cause: cause, words: words)
        } catch {
            return self
        }
        return self
    }
}

/// Why a read or a cancel gave no answer.
package enum BrokerFailure: Error, Sendable, Equatable {
    /// The session ended; somebody must log in.
    case sessionEnded(String)
    /// Too many calls: not before the delay.
    case limited(retryAfter: Duration)
    /// The broker refuses this call for good.
    case refused(code: String, words: String)
    /// The broker cannot be reached or does not answer in a way we understand.
    case unreachable(String)
}

extension BrokerFailure {
    /// What happened, for people; never a secret.
    package var words: String {
        switch self {
        case .sessionEnded(let words): "the session has ended: \(words)"
        case .limited: "too many calls"
        case .refused(let code, let words): "refused: \(code) \(words)"
        case .unreachable(let words): "no answer: \(words)"
        }
    }
}

/// Shares that the broker says are held.
package struct BrokerHolding: Sendable, Equatable {
    package let symbol: String
    package let isin: String?
    package let quantity: Quantity
    package let free: Quantity
    package let averagePrice: Price?

    package init(
        symbol: String,
        isin: String?,
        quantity: Quantity,
        free: Quantity,
        averagePrice: Price?
    ) {
        self.symbol = symbol
        self.isin = isin
        self.quantity = quantity
        self.free = free
        self.averagePrice = averagePrice
    }
}

/// One of today's positions as the broker says.
package struct BrokerPosition: Sendable, Equatable {
    package let symbol: String
    package let segment: String
    package let product: String
    /// Bought less sold; below zero is short.
    package let netQuantity: Int64
    package let buyAverage: Price?
    package let sellAverage: Price?

    package init(
        symbol: String,
        segment: String,
        product: String,
        netQuantity: Int64,
        buyAverage: Price?,
        sellAverage: Price?
    ) {
        self.symbol = symbol
        self.segment = segment
        self.product = product
        self.netQuantity = netQuantity
        self.buyAverage = buyAverage
        self.sellAverage = sellAverage
    }
}

/// Cash as the broker says.
package struct BrokerFunds: Sendable, Equatable {
    package let available: Money
    package let utilised: Money

    package init(available: Money, utilised: Money) {
        self.available = available
        self.utilised = utilised
    }
}

/// What the broker says of a session.
package struct SessionCheck: Sendable, Equatable {
    package let ends: Timestamp?

    package init(ends: Timestamp?) { self.ends = ends }
}
