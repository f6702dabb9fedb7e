package import Trading

/// Reads what was paid into an account at its broker, and out of it.
package protocol PaymentSource: Sendable {
    /// The newest payments of both ways, newest first; how far back the broker tells is its own affair.
    func payments(_ session: BrokerSession) async throws(BrokerFailure) -> [Payment]
}

/// Money that moved between a client's bank and the account.
package struct Payment: Sendable, Equatable {
    /// Whether it came in.
    package let isPaidIn: Bool
    /// The broker's own id of it.
    package let id: String
    package let amount: Money
    /// What counts as cash by now; nil: it was called off, or failed.
    package let isDone: Bool?
    /// How it stands, in the broker's word.
    package let word: String
    /// Such as NEFT or UPI.
    package let mode: String?
    package let bank: String?
    /// When it was asked for, as the broker writes it.
    package let atText: String

    package init(
        isPaidIn: Bool,
        id: String,
        amount: Money,
        isDone: Bool?,
        word: String,
        mode: String?,
        bank: String?,
        atText: String
    ) {
        self.isPaidIn = isPaidIn
        self.id = id
        self.amount = amount
        self.isDone = isDone
        self.word = word
        self.mode = mode
        self.bank = bank
        self.atText = atText
    }
}
