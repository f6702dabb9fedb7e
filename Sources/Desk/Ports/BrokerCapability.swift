import Trading

/// What users may want of a broker, and how they get it through Volley.
package enum BrokerCapability: String, Sendable, CaseIterable {
    case place
    case modify
    case cancel
    case cancelAll = "cancel_all"
    /// Cancelling what is open and selling what is held.
    case exitAll = "exit_all"
    /// An order found by our own reference.
    case lookUp = "look_up"
    /// Hearing of fills without asking.
    case orderUpdates = "order_updates"
    /// Orders above the exchange's freeze quantity.
    case slicing
    case quotes
    /// The best five bids and asks.
    case depth
    /// Prices as they change.
    case marketFeed = "market_feed"
    case holdings
    case positions
    case funds
    case sessionCheck = "session_check"
    /// An order that waits for one trigger.
    case gtt
    /// A target and a stop: one cancels the other.
    case oco
    /// An entry with a target and a stop.
    case bracket
    case profile
    case margins
    case charges
    case ledger
    case tradeHistory = "trade_history"
    case saleAuthorization = "sale_authorization"
    case killSwitch = "kill_switch"
    case profitExit = "profit_exit"
    case addresses
    case convertPosition = "convert_position"
    /// The broker's own call that closes positions: what it trades is in no book of ours.
    case nativeExit = "native_exit"
    /// Realised profit as the broker reckons it for the tax return.
    case profitReport = "profit_report"
    /// A new token for one that was brought and still lives, without anybody logging in.
    case sessionRenewal = "session_renewal"
    /// Being asked for a session in the broker's own app, without a link.
    case loginRequest = "login_request"
    /// Logging in by an app of the client's own, which is kept with the account.
    case ownApp = "own_app"
    /// Ending a session at the broker before its time.
    case logOut = "logout"
    /// What was paid in and out, as the broker has it.
    case payments
    /// Shares that could be sold in an auction of the exchange.
    case auctions

    /// Who does it.
    package enum Provision: String, Sendable, CaseIterable {
        /// One call of the broker's own.
        case native
        /// Volley, by other calls of the broker's.
        case emulated
        case none
    }

    /// How this broker's clients get it.
    package func provision(by traits: BrokerTraits) -> Provision {
        let has = { (ability: BrokerAbility) -> Provision in
            traits.abilities.contains(ability) ? .native : .none
        }
        return switch self {
        case .place: .native
        case .modify: traits.modifications == nil ? .none : .native
        case .cancel: has(.cancel)
        // Order by order at every broker, so that each one's outcome is known and written down.
        // Upstox's one call for all of them names no outcome of those that it leaves out, and its call
        // for several placements at once leaves nobody knowing which of them came to be: neither is
        // used. Nor are the calls that close all positions: what they trade would be in no book of ours.
        case .cancelAll: traits.abilities.contains(.cancel) ? .emulated : .none
        // As all other orders, one by one, also where the broker has a call that closes all: that call
        // takes no reference, names not all that it does, and at Dhan closes the client's own positions
        // and orders too. Whoever wants it asks for it as such: `nativeExit`.
        case .exitAll: traits.abilities.contains(.cancel) ? .emulated : .none
        case .lookUp:
            if traits.lookUps.contains(.reference) {
                .native
            } else {
                traits.lookUps.contains(.orderBook) ? .emulated : .none
            }
        case .orderUpdates:
            if traits.abilities.isDisjoint(with: [.postbacks, .orderStream]) {
                .emulated
            } else {
                .native
            }
        // Everywhere, also where the broker has a call for it: that makes several orders under one
        // reference, and of a lost answer nobody could say how many. See `OrderSlices`.
        case .slicing: .emulated
        case .quotes: has(.quotes)
        case .depth: has(.depth)
        // Where there is no feed, quotes are asked for again and again.
        case .marketFeed:
            if traits.abilities.contains(.marketFeed) {
                .native
            } else {
                traits.abilities.contains(.quotes) ? .emulated : .none
            }
        case .holdings: has(.holdings)
        case .positions: has(.positions)
        case .funds: has(.funds)
        case .sessionCheck: has(.sessionCheck)
        case .gtt: traits.provision(.single)
        case .oco: traits.provision(.oneCancelsOther)
        case .bracket:
            if traits.provision(.bracket) == .native {
                .native
            } else {
                // The entry as an order, its exits as an OCO.
                traits.provision(.oneCancelsOther) == .none ? .none : .emulated
            }
        case .profile: has(.profile)
        case .margins: has(.margins)
        case .charges: has(.charges)
        case .ledger: has(.ledger)
        case .tradeHistory: has(.tradeHistory)
        case .saleAuthorization: has(.saleAuthorization)
        // Where the broker has none, a halt of the client stops what Volley sends, and only that.
        case .killSwitch: traits.abilities.contains(.killSwitch) ? .native : .emulated
        case .profitExit: has(.profitExit)
        case .addresses: has(.addresses)
        case .convertPosition: has(.conversion)
        case .nativeExit: has(.exitPositions)
        case .profitReport: has(.profitReport)
        case .sessionRenewal: has(.sessionRenewal)
        case .loginRequest: has(.loginRequests)
        case .ownApp: has(.ownApps)
        // Where the broker has no call for it, its token is forgotten, and nothing else.
        case .logOut: has(.sessionEnd)
        case .payments: has(.payments)
        case .auctions: has(.auctions)
        }
    }
}

extension BrokerTraits {
    fileprivate func provision(_ kind: ConditionalKind) -> BrokerCapability.Provision {
        guard let conditional, conditional.kinds[kind] != nil else { return .none }
        return conditional.isEmulated ? .emulated : .native
    }
}
