package import Trading

/// An order at a broker, with what is needed to ask for it.
package struct LiveOrder: Sendable {
    package let job: OrderJob
    package let brokerOrderID: String
    /// Our id on the order at the broker.
    package let reference: String
    /// As they are now, changes included.
    package let terms: OrderTerms
    package let quantity: Quantity
    package let filled: Quantity
    package let sizingPrice: Price
    package let session: BrokerSession
    /// Whether somebody wishes it cancelled: CANCEL_REQUESTED.
    package let isCancelAsked: Bool
    /// Whether a change of it has not ended: its books may show more shares than ours.
    package let isBeingModified: Bool
    /// The day on which the broker took it, where that day is over: its books are no more.
    package let pastDay: CalendarDay?
    /// When the broker took it; nil where nobody needs to know.
    package let takenAt: Timestamp?
    /// When the books last told all of it; nil where they never did.
    package let seenAt: Timestamp?
    /// Asked immediately before the first byte of a change leaves; nil where nobody may stop it.
    package var brake: SendBrake?

    package init(
        job: OrderJob,
        brokerOrderID: String,
        reference: String,
        terms: OrderTerms,
        quantity: Quantity,
        filled: Quantity,
        sizingPrice: Price,
        session: BrokerSession,
        isCancelAsked: Bool = false,
        isBeingModified: Bool = false,
        pastDay: CalendarDay? = nil,
        takenAt: Timestamp? = nil,
        seenAt: Timestamp? = nil
    ) {
        self.job = job
        self.brokerOrderID = brokerOrderID
        self.reference = reference
        self.terms = terms
        self.quantity = quantity
        self.filled = filled
        self.sizingPrice = sizingPrice
        self.session = session
        self.isCancelAsked = isCancelAsked
        self.isBeingModified = isBeingModified
        self.pastDay = pastDay
        self.takenAt = takenAt
        self.seenAt = seenAt
    }
}

/// What a broker's books say of one of our orders.
package struct BookedOrder: Sendable {
    package let intent: IntentID
    package let report: OrderReport
    /// All trades of the order that the books show; those already known are ignored.
    package let trades: [TradeReport]
    /// Whether its day is over and no book can tell any more what it filled.
    ///
    /// Then the order stays as it is, with its money held and a reason that says so.
    package let isUntold: Bool

    package init(
        intent: IntentID,
        report: OrderReport,
        trades: [TradeReport],
        isUntold: Bool = false
    ) {
        self.intent = intent
        self.report = report
        self.trades = trades
        self.isUntold = isUntold
    }

    /// Until an order of which no book can tell is looked for once more.
    package static let untoldLook: Duration = .seconds(3_600)
}

/// An attempt of which nobody knows whether the broker has it.
package struct Doubt: Sendable {
    package let job: OrderJob
    package let attempt: Int16
    package let reference: String
    /// When the send was over at the latest: when its answer was written down, or the lease ended.
    package let sentAt: Timestamp
    /// The broker's words where it refused in a way that is no proof; nil where it said nothing.
    package let brokerWords: String?
    /// How often the books were asked.
    package let looks: Int
    /// How many of these looks saw the whole book and all trades, and the order in neither.
    package let absences: Int
    /// Whether the broker said that it has an order of this reference: then it is somewhere.
    package let isClaimed: Bool
    package let terms: OrderTerms
    package let quantity: Quantity
    package let sizingPrice: Price
    package let session: BrokerSession

    package init(
        job: OrderJob,
        attempt: Int16,
        reference: String,
        sentAt: Timestamp,
        brokerWords: String?,
        looks: Int,
        absences: Int,
        isClaimed: Bool = false,
        terms: OrderTerms,
        quantity: Quantity,
        sizingPrice: Price,
        session: BrokerSession
    ) {
        self.job = job
        self.attempt = attempt
        self.reference = reference
        self.sentAt = sentAt
        self.brokerWords = brokerWords
        self.looks = looks
        self.absences = absences
        self.isClaimed = isClaimed
        self.terms = terms
        self.quantity = quantity
        self.sizingPrice = sizingPrice
        self.session = session
    }
}

/// What a look into the broker's books found of a doubt.
package struct DoubtFinding: Sendable {
    /// What was found.
    package enum Result: Sendable {
        /// The order is there: adopt it.
        case found(OrderReport)
        /// Absent from the whole book and all trades, past the horizon: nothing was placed.
        case absentProven(AfterAbsence)
        /// Not there yet, or the books did not answer: look again later.
        case stillUnknown(lookAgainIn: Duration)
    }

    /// What follows a proof that nothing was placed.
    package enum AfterAbsence: Sendable, Equatable {
        /// The order is READY once more; its next attempt has a reference of its own.
        case resend
        /// The order ends, for this reason.
        case end(Reason)
    }

    package let doubt: Doubt
    package let result: Result
    /// Whether the whole book and all trades were seen: only such looks count towards a proof.
    package let sawWholeBook: Bool
    /// What the broker answered, for people.
    package let answer: String

    package init(
        doubt: Doubt,
        result: Result,
        sawWholeBook: Bool = true,
        answer: String = ""
    ) {
        self.doubt = doubt
        self.result = result
        self.sawWholeBook = sawWholeBook
        self.answer = answer
    }
}
