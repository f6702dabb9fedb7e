package import Trading

/// One conditional order as the books have it, and how each outcome changes it.
///
/// All changes are made here, whatever store keeps the row; `dueAt` says when somebody must act or
/// look next, nil once nothing more is expected.
package struct ConditionalRecord: Sendable, Equatable {
    package let id: ConditionalID
    package let trader: TraderID
    package let client: ClientID
    /// Who asked for it.
    package let user: UserID
    /// Nil exactly where the paper broker executes.
    package let account: AccountID?
    package let broker: BrokerName
    package internal(set) var terms: ConditionalTerms
    /// The terms that somebody wishes instead, and the broker has not taken yet.
    package internal(set) var wished: ConditionalTerms?
    package internal(set) var state: ConditionalState
    package internal(set) var fence: Int64
    package internal(set) var reference: String?
    /// Of one that is at the broker.
    package internal(set) var brokerID: String?
    /// The broker's ids of orders that came of it, as its list names them; on paper, what fired.
    package internal(set) var orders: [String]
    /// Those that are in our books.
    package internal(set) var fired: [FiredOrder]
    package internal(set) var reason: Reason?
    /// What the broker said last; never a secret.
    package internal(set) var words: String?
    /// How often it was claimed.
    package internal(set) var tries: Int
    /// Looks in vain, absences among them, since it last changed.
    package internal(set) var looks: Int
    package internal(set) var absences: Int
    package internal(set) var startedAt: Timestamp?
    /// When the broker's list last showed that it waits.
    package internal(set) var seenAt: Timestamp?
    /// When it fired, as the broker says; nil where it has not, or the broker does not say.
    package internal(set) var firedAt: Timestamp?
    /// Whether what it sent has filled, as the broker's list said when it had fired.
    package internal(set) var hasFilled: Bool
    package internal(set) var isCancelAsked: Bool
    package internal(set) var dueAt: Timestamp?
    /// The bracket whose exits these are.
    package let parent: ConditionalID?
    /// The bulk trade that a bracket's entry goes by, where the broker has no brackets; on paper, the
    /// one that came of it.
    package internal(set) var entryTask: TaskID?
    package let createdAt: Timestamp
    package internal(set) var updatedAt: Timestamp

    package init(
        id: ConditionalID,
        trader: TraderID,
        client: ClientID,
        user: UserID,
        account: AccountID?,
        broker: BrokerName,
        terms: ConditionalTerms,
        wished: ConditionalTerms? = nil,
        state: ConditionalState = .ready,
        fence: Int64 = 0,
        reference: String? = nil,
        brokerID: String? = nil,
        orders: [String] = [],
        fired: [FiredOrder] = [],
        reason: Reason? = nil,
        words: String? = nil,
        tries: Int = 0,
        looks: Int = 0,
        absences: Int = 0,
        startedAt: Timestamp? = nil,
        seenAt: Timestamp? = nil,
        firedAt: Timestamp? = nil,
        hasFilled: Bool = false,
        isCancelAsked: Bool = false,
        dueAt: Timestamp?,
        parent: ConditionalID? = nil,
        entryTask: TaskID? = nil,
        createdAt: Timestamp,
        updatedAt: Timestamp
    ) {
        self.id = id
        self.trader = trader
        self.client = client
        self.user = user
        self.account = account
        self.broker = broker
        self.terms = terms
        self.wished = wished
        self.state = state
        self.fence = fence
        self.reference = reference
        self.brokerID = brokerID
        self.orders = orders
        self.fired = fired
        self.reason = reason
        self.words = words
        self.tries = tries
        self.looks = looks
        self.absences = absences
        self.startedAt = startedAt
        self.seenAt = seenAt
        self.firedAt = firedAt
        self.hasFilled = hasFilled
        self.isCancelAsked = isCancelAsked
        self.dueAt = dueAt
        self.parent = parent
        self.entryTask = entryTask
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }

    /// As it was, or will be, sent.
    package func attempt(_ session: BrokerSession) -> ConditionalAttempt {
        ConditionalAttempt(
            id: id,
            reference: reference ?? "",
            fence: fence,
            startedAt: startedAt ?? createdAt,
            broker: broker,
            terms: terms,
            session: session
        )
    }
}

extension ConditionalRecord {
    /// Whether orders came of it, or should have, that are not in our books.
    ///
    /// A bracket that Volley keeps itself has none: its parts are orders of ours.
    package var awaitsOrders: Bool {
        guard entryTask == nil else { return false }
        let isNamed = orders.contains { id in !fired.contains { $0.brokerOrderID == id } }
        guard state == .triggered else { return isNamed && terms.kind == .bracket }
        return isNamed || !fired.contains { $0.side == terms.exitSide ?? terms.side }
    }

    /// What a halt switch may know it by.
    package var haltSubject: HaltSubject {
        HaltSubject(
            trader: trader,
            client: client,
            broker: broker,
            instrument: terms.instrument.id
        )
    }
}
