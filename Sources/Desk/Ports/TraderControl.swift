package import Trading

/// The broker's own switch that stops an account from trading, whoever wants to.
package protocol TraderControl: Sendable {
    /// Where the switch is on; one entry, without a segment, where it is for the whole account.
    func killSwitch(_ session: BrokerSession) async throws(BrokerFailure) -> [KillSwitch]

    /// Turns it on or off; `segments` empty: everywhere.
    ///
    /// Asking twice does no harm. A broker may refuse while orders or positions are open, and may keep
    /// it on for hours.
    func setKillSwitch(on: Bool, segments: [String], _ session: BrokerSession)
        async throws(BrokerFailure) -> [KillSwitch]
}

/// A kill switch of an account, or of one of its segments.
package struct KillSwitch: Sendable, Equatable {
    /// The broker's word; nil where the switch is for the whole account.
    package let segment: String?
    /// Whether trading is stopped.
    package let isOn: Bool

    package init(segment: String?, isOn: Bool) {
        self.segment = segment
        self.isOn = isOn
    }
}

/// The broker's own exit from all positions once the day's profit or loss has come so far.
package protocol ProfitExit: Sendable {
    /// The rule that is in force; nil where there is none.
    func profitExit(_ session: BrokerSession) async throws(BrokerFailure) -> ProfitExitRule?

    /// Sets it for the day; it fires at once where the limit is passed already.
    func setProfitExit(_ rule: ProfitExitRule, _ session: BrokerSession)
        async throws(BrokerFailure)

    /// Takes the rule back.
    func clearProfitExit(_ session: BrokerSession) async throws(BrokerFailure)
}

/// When a broker closes all positions of an account.
package struct ProfitExitRule: Sendable, Equatable {
    package let profit: Money
    package let loss: Money
    /// Of which positions; those for delivery and those of the day.
    package let products: Set<Product>
    /// Whether the kill switch goes on then.
    package let killsAfter: Bool

    package init(profit: Money, loss: Money, products: Set<Product>, killsAfter: Bool) {
        self.profit = profit
        self.loss = loss
        self.products = products
        self.killsAfter = killsAfter
    }
}
