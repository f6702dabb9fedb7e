package import Trading

/// Where clients' money is paid in and out, and where their ledgers are read from.
package protocol FundsStore: Sendable {
    /// Pays money in or out, once per (user, key), with its transfers and the audit line.
    func move(_ order: CashOrder) async throws(StoreFailure) -> CashMoved

    /// One page of a client's transfers, newest first; nil where there is no such client.
    func statement(_ query: StatementQuery) async throws(StoreFailure) -> LedgerStatement?
}

/// Money that somebody pays in or takes out.
package struct CashOrder: Sendable {
    package let kind: CashKind
    package let client: ClientID
    package let amount: Money
    package let note: String?
    package let actor: Actor
    package let user: UserID
    package let idempotencyKey: String
    /// SHA-256 of what was asked in canonical form.
    package let bodyHash: [UInt8]

    package init(
        kind: CashKind,
        client: ClientID,
        amount: Money,
        note: String?,
        user: UserID,
        address: String?,
        idempotencyKey: String,
        bodyHash: [UInt8]
    ) {
        self.kind = kind
        self.client = client
        self.amount = amount
        self.note = note
        self.user = user
        actor = Actor(user: user, address: address)
        self.idempotencyKey = idempotencyKey
        self.bodyHash = bodyHash
    }
}

/// Whether money comes or goes.
package enum CashKind: String, Sendable, CaseIterable {
    case deposit
    case withdrawal
}

/// A payment as it was booked.
package struct CashMove: Sendable, Equatable {
    package let id: Int64
    package let kind: CashKind
    package let client: ClientID
    package let amount: Money
    package let note: String?
    package let at: Timestamp

    package init(
        id: Int64,
        kind: CashKind,
        client: ClientID,
        amount: Money,
        note: String?,
        at: Timestamp
    ) {
        self.id = id
        self.kind = kind
        self.client = client
        self.amount = amount
        self.note = note
        self.at = at
    }
}

/// What became of a wish to pay in or out.
package enum CashMoved: Sendable, Equatable {
    /// Booked; the client's money as it now is.
    case done(CashMove, Funds)
    /// The key has made this one already; the client's money as it now is.
    case repeated(CashMove, Funds)
    /// The key was used for something else.
    case conflict(Int64)
    /// No more than this is free.
    case notEnough(free: Money)
    /// More than the books can carry.
    case tooMuch
    case notFound
}

/// Which of a client's transfers are asked for.
package struct StatementQuery: Sendable {
    package let client: ClientID
    package let from: Timestamp
    /// Transfers at this moment and later are left out.
    package let to: Timestamp
    /// Only transfers below this id.
    package var before: Int64?
    package let limit: Int

    package init(client: ClientID, from: Timestamp, to: Timestamp, before: Int64?, limit: Int) {
        self.client = client
        self.from = from
        self.to = to
        self.before = before
        self.limit = limit
    }
}

/// A page of a client's ledger, and the balances as they now are.
package struct LedgerStatement: Sendable, Equatable {
    package let funds: Funds
    package let lines: [LedgerLine]

    package init(funds: Funds, lines: [LedgerLine]) {
        self.funds = funds
        self.lines = lines
    }
}

/// One transfer of a client's ledger.
package struct LedgerLine: Sendable, Equatable {
    package let id: Int64
    package let at: Timestamp
    package let transfer: Transfer
    package let intent: IntentID?
    /// The available cash once it was booked.
    package let available: Money

    package init(
        id: Int64,
        at: Timestamp,
        transfer: Transfer,
        intent: IntentID?,
        available: Money
    ) {
        self.id = id
        self.at = at
        self.transfer = transfer
        self.intent = intent
        self.available = available
    }
}
