package import Trading

/// Keeps what was done to accounts at their brokers: nothing of it shows in tables of ours.
///
/// Written to the audit log before the broker is asked, and again with what it said: should the answer
/// get lost, the first line tells that something may have been done.
package protocol BrokerActionLog: Sendable {
    /// Writes an action down as far as it has come.
    func note(_ action: BrokerAction, by actor: Actor) async throws(StoreFailure)

    /// How a broker names an instrument; nil where it does not list it.
    func listing(_ symbol: String, at exchange: ExchangeName, of broker: BrokerName)
        async throws(StoreFailure) -> BrokerInstrument?
}

/// Something done to an account at its broker.
package struct BrokerAction: Sendable, Equatable {
    /// What.
    package enum Kind: String, Sendable, CaseIterable {
        case killSwitch = "KILL_SWITCH_SET"
        case profitExit = "PROFIT_EXIT_SET"
        case addresses = "ADDRESSES_SET"
        case conversion = "POSITION_CONVERTED"
        case saleAuthorization = "SALE_AUTHORIZATION_ASKED"
        case nativeExit = "POSITIONS_EXITED_AT_BROKER"
        case logOut = "LOGGED_OUT_AT_BROKER"
    }

    /// How far it has come.
    package enum Stage: Sendable, Equatable {
        case begun
        case done
        /// With what the broker said, or that it said nothing.
        case failed(String)
    }

    package let kind: Kind
    package let trader: TraderID
    package let account: BrokerAccount
    /// In the words of whoever did it.
    package let reason: String
    /// The inputs, by name; no secret is among them.
    package let inputs: [(name: String, value: String)]
    package var stage: Stage

    package init(
        _ kind: Kind,
        of account: BrokerAccount,
        trader: TraderID,
        reason: String,
        inputs: [(name: String, value: String)]
    ) {
        self.kind = kind
        self.trader = trader
        self.account = account
        self.reason = reason
        self.inputs = inputs
        stage = .begun
    }

    package static func == (left: BrokerAction, right: BrokerAction) -> Bool {
        left.kind == right.kind && left.trader == right.trader && left.account == right.account
            && left.reason == right.reason && left.stage == right.stage
            && left.inputs.map(\.name) == right.inputs.map(\.name)
            && left.inputs.map(\.value) == right.inputs.map(\.value)
    }
}
