/// One client's money, in double entry.
///
/// Assets and what was lost or paid on one side, sources on the other; always
/// `available + held + invested + realisedLoss + withdrawn + interest
/// = deposited + realisedGain + shortfall + borrowed`, and nothing is ever negative. Every change
/// is a transfer between two of these.
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
        /// Profit paid out.
        case withdrawn
        /// What lent money has cost.
        case interest
        /// Capital paid in, less what was paid out.
        case deposited
        /// What sales brought more than the shares had cost.
        case realisedGain = "realised_gain"
        /// What the client owes, since a fill cost more than all the cash there was.
        case shortfall
        /// What brokers have lent for shares that are held (margin trading facility).
        case borrowed

        /// Whether a debit raises the balance.
        package var isAsset: Bool {
            switch self {
            case .available, .held, .invested, .realisedLoss, .withdrawn, .interest: true
            case .deposited, .realisedGain, .shortfall, .borrowed: false
            }
        }
    }

    package private(set) var available: Money
    package private(set) var held: Money
    package private(set) var invested: Money
    package private(set) var realisedLoss: Money
    package private(set) var withdrawn: Money
    package private(set) var interest: Money
    package private(set) var deposited: Money
    package private(set) var realisedGain: Money
    package private(set) var shortfall: Money
    package private(set) var borrowed: Money

    package init(
        available: Money = .zero,
        held: Money = .zero,
        invested: Money = .zero,
        realisedLoss: Money = .zero,
        withdrawn: Money = .zero,
        interest: Money = .zero,
        deposited: Money = .zero,
        realisedGain: Money = .zero,
        shortfall: Money = .zero,
        borrowed: Money = .zero
    ) {
        self.available = available
        self.held = held
        self.invested = invested
        self.realisedLoss = realisedLoss
        self.withdrawn = withdrawn
        self.interest = interest
        self.deposited = deposited
        self.realisedGain = realisedGain
        self.shortfall = shortfall
        self.borrowed = borrowed
    }

    /// Whether the two sides agree and nothing is negative.
    package var isBalanced: Bool {
        var (assets, sources) = (Money.zero, Money.zero)
        for account in Account.allCases {
            let balance = self[account]
            guard balance >= .zero else { return false }
            if account.isAsset { assets += balance } else { sources += balance }
        }
        return assets == sources
    }

    /// The balance of one account.
    package subscript(account: Account) -> Money {
        switch account {
        case .available: available
        case .held: held
        case .invested: invested
        case .realisedLoss: realisedLoss
        case .withdrawn: withdrawn
        case .interest: interest
        case .deposited: deposited
        case .realisedGain: realisedGain
        case .shortfall: shortfall
        case .borrowed: borrowed
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
        case .withdrawn: withdrawn += amount
        case .interest: interest += amount
        case .deposited: deposited += amount
        case .realisedGain: realisedGain += amount
        case .shortfall: shortfall += amount
        case .borrowed: borrowed += amount
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
        /// Lent for a fill.
        case loan
        /// What was lent, given back.
        case loanRepayment = "loan_repayment"
        /// What lent money costs.
        case interest
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
