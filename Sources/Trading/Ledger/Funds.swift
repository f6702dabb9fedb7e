/// One client's money, in double entry.
///
/// Assets and losses on one side, sources on the other; always
/// `available + held + invested + realisedLoss = deposited + realisedGain + shortfall`,
/// and nothing is ever negative. Every change is a transfer between two of these.
package struct Funds: Sendable, Equatable {
    /// The accounts of the ledger.
    package enum Account: String, Sendable, CaseIterable {
        /// Cash that may be used.
        case available
        /// Cash promised to orders that are not filled yet.
        case held
        /// What the shares that are held cost.
        case invested
        /// What sales brought less than the shares had cost.
        case realisedLoss = "realised_loss"
        /// Capital paid in, less what was paid out.
        case deposited
        /// What sales brought more than the shares had cost.
        case realisedGain = "realised_gain"
        /// What the client owes, since a fill cost more than all the cash there was.
        case shortfall

        /// Whether a debit raises the balance.
        package var isAsset: Bool {
            switch self {
            case .available, .held, .invested, .realisedLoss: true
            case .deposited, .realisedGain, .shortfall: false
            }
        }
    }

    package private(set) var available: Money
    package private(set) var held: Money
    package private(set) var invested: Money
    package private(set) var realisedLoss: Money
    package private(set) var deposited: Money
    package private(set) var realisedGain: Money
    package private(set) var shortfall: Money

    package init(
        available: Money = .zero,
        held: Money = .zero,
        invested: Money = .zero,
        realisedLoss: Money = .zero,
        deposited: Money = .zero,
        realisedGain: Money = .zero,
        shortfall: Money = .zero
    ) {
        self.available = available
        self.held = held
        self.invested = invested
        self.realisedLoss = realisedLoss
        self.deposited = deposited
        self.realisedGain = realisedGain
        self.shortfall = shortfall
    }

    /// Whether the two sides agree and nothing is negative.
    package var isBalanced: Bool {
        let all = Account.allCases.map { self[$0] }
        return all.allSatisfy { $0 >= .zero }
            && available + held + invested + realisedLoss == deposited + realisedGain + shortfall
    }

    /// The balance of one account.
    package subscript(account: Account) -> Money {
        switch account {
        case .available: available
        case .held: held
        case .invested: invested
        case .realisedLoss: realisedLoss
        case .deposited: deposited
        case .realisedGain: realisedGain
        case .shortfall: shortfall
        }
    }

    /// Moves an amount: debits raise assets and lower sources, credits the reverse.
    package mutating func apply(_ transfer: Transfer) {
        change(transfer.debit, by: transfer.debit.isAsset ? transfer.amount : -transfer.amount)
        change(transfer.credit, by: transfer.credit.isAsset ? -transfer.amount : transfer.amount)
        precondition(isBalanced, "a transfer left the ledger unbalanced")
    }

    private mutating func change(_ account: Account, by amount: Money) {
        switch account {
        case .available: available += amount
        case .held: held += amount
        case .invested: invested += amount
        case .realisedLoss: realisedLoss += amount
        case .deposited: deposited += amount
        case .realisedGain: realisedGain += amount
        case .shortfall: shortfall += amount
        }
    }
}

/// One amount moved from one account of a client's ledger to another.
package struct Transfer: Sendable, Equatable {
    /// Why the money moved.
    package enum Kind: String, Sendable, CaseIterable {
        case deposit
        case withdrawal
        case hold
        case release
        case fill
        case gain
        case loss
        case shortfall
        case repayment
    }

    package let kind: Kind
    package let debit: Funds.Account
    package let credit: Funds.Account
    /// Always above zero.
    package let amount: Money

    package init(_ kind: Kind, debit: Funds.Account, credit: Funds.Account, amount: Money) {
        precondition(amount > .zero && debit != credit, "a transfer moves money between accounts")
        self.kind = kind
        self.debit = debit
        self.credit = credit
        self.amount = amount
    }
}
