/// Why an order was not placed or did not stay; the code is stable and appears in results.
package enum Reason: String, Sendable, CaseIterable {
    // The client takes no part.
    case clientInactive = "client_inactive"
    case clientPending = "client_pending"
    case clientArchived = "client_archived"
    case noSession = "no_session"
    case sessionExpired = "session_expired"
    case noInstrumentAtBroker = "no_instrument_at_broker"
    case brokerNotSupported = "broker_not_supported"
    case egressMissing = "egress_missing"
    case egressNotRegistered = "egress_not_registered"
    // Something said stop.
    case haltedAll = "halted_all"
    case haltedBroker = "halted_broker"
    case haltedSymbol = "halted_symbol"
    case haltedTrader = "halted_trader"
    case haltedClient = "halted_client"
    case marketClosed = "market_closed"
    case taskCancelled = "task_cancelled"
    case orderCancelled = "order_cancelled"
    case legStopped = "leg_stopped"
    // A limit said stop.
    case limitOrdersPerMinute = "limit_orders_per_minute"
    case limitPosition = "limit_position"
    case limitOrderValue = "limit_order_value"
    case limitDayLoss = "limit_day_loss"
    // The size came to nothing.
    case insufficientFunds = "insufficient_funds"
    case beyondMTFLimit = "beyond_mtf_limit"
    case changedSincePreflight = "changed_since_preflight"
    case capitalBelowOneShare = "capital_below_one_share"
    case partBelowOneShare = "part_below_one_share"
    case belowOneLot = "below_one_lot"
    case aboveFreezeQuantity = "above_freeze_quantity"
    case notHeld = "not_held"
    case sharesReserved = "shares_reserved"
    case noPrice = "no_price"
    case stalePrice = "stale_price"
    // The broker or the exchange spoke.
    case brokerRefused = "broker_refused"
    case saleNotAuthorised = "sale_not_authorised"
    case brokerRejected = "broker_rejected"
    case brokerCancelled = "broker_cancelled"
    case dayEnded = "day_ended"
    /// Nobody could look at the order between the last trading of its day and the next day's books.
    case fillsUntold = "fills_untold"
    // A change came too late.
    case orderNotOpen = "order_not_open"
    // Nobody knows yet, or it is proven that nothing was placed.
    case outcomeUnknown = "outcome_unknown"
    case provenNotPlaced = "proven_not_placed"
    case neverSent = "never_sent"
    case resendTooLate = "resend_too_late"
    case decidedNotPlaced = "decided_not_placed"
    /// A conditional order fired, and nobody can tell which order came of it.
    case firedOrderUnclear = "fired_order_unclear"

    /// Why a broker ended a sale, where its words tell more than that it did.
    ///
    /// `usual`: the reason unless they do. A sale that its client must authorise first is told apart,
    /// since something can be done about it.
    package static func told(by words: String?, of side: Side, usual: Reason) -> Reason {
        guard side == .sell, let words = words?.lowercased() else { return usual }
        let hints = ["edis", "tpin", "t-pin", "ddpi", "cdsl", "authorise the holdings"]
        return hints.contains { words.contains($0) } ? .saleNotAuthorised : usual
    }

    /// One sentence for the person who reads the results.
    package var sentence: String {
        switch self {
        case .clientInactive: "The client is inactive."
        case .clientPending: "The client is not yet cleared to trade."
        case .clientArchived: "The client is archived."
        case .noSession: "The client's broker account is not connected."
        case .sessionExpired: "The broker session has ended; somebody must log in again."
        case .noInstrumentAtBroker: "The client's broker does not list this instrument."
        case .brokerNotSupported: "Volley cannot send to the client's broker yet."
        case .egressMissing: "The client's broker account has no address of its own to send from."
        case .egressNotRegistered:
            "The broker knows other addresses for this client than the one its orders leave from."
        case .haltedAll: "All trading is halted."
        case .haltedBroker: "Trading at this broker is halted."
        case .haltedSymbol: "Trading in this symbol is halted."
        case .haltedTrader: "This trader is halted."
        case .haltedClient: "This client is halted."
        case .marketClosed: "The market is closed."
        case .taskCancelled: "The bulk trade was cancelled before this order was sent."
        case .orderCancelled: "The order was cancelled before it was sent."
        case .legStopped: "Another leg of the basket was not placed for this client."
        case .limitOrdersPerMinute: "The client's limit of orders per minute is reached."
        case .limitPosition: "The client would hold more of this symbol than the limit allows."
        case .limitOrderValue: "The order is worth more than the limit allows."
        case .limitDayLoss: "The client has lost today what the limit allows."
        case .insufficientFunds: "The client's available cash does not cover the order."
        case .beyondMTFLimit: "The client's own money is too little for what the broker may lend."
        case .changedSincePreflight: "What the preflight showed cannot be placed any more."
        case .capitalBelowOneShare: "The part of the client's capital does not buy one share."
        case .partBelowOneShare: "The part of the holding is less than one share."
        case .belowOneLot: "The quantity is less than one lot."
        case .aboveFreezeQuantity: "The quantity is above what the exchange takes in one order."
        case .notHeld: "The client holds no such shares."
        case .sharesReserved: "All shares held are promised to other sales."
        case .noPrice: "No price is known for the instrument."
        case .stalePrice: "The last price known is too old to size the order by."
        case .brokerRefused: "The broker refused the order."
        case .saleNotAuthorised:
            "The client must authorise the sale of these shares first (eDIS, T-PIN or DDPI)."
        case .brokerRejected: "The broker or exchange rejected the order after taking it."
        case .brokerCancelled: "The order was cancelled at the broker."
        case .dayEnded: "The order lapsed at the end of the day."
        case .fillsUntold:
            "The order's day is over, and what it filled nobody could see; its money stays held."
        case .orderNotOpen: "The order had ended, or was to be cancelled, before the change."
        case .outcomeUnknown: "The broker's answer was lost; its order book is being asked."
        case .provenNotPlaced: "The broker's books prove that nothing was placed."
        case .neverSent: "The order could not be sent in time and nothing left for the broker."
        case .resendTooLate: "Nothing was placed, and the time to send it again was over."
        case .decidedNotPlaced: "An operator decided that nothing was placed."
        case .firedOrderUnclear:
            "It has fired, and which of the broker's orders came of it cannot be told."
        }
    }
}
