package import Desk
import Trading

/// What Kite's documents promise, and what we allow for where they are silent (kite.md).
extension ZerodhaBroker {
    /// Where orders are placed: all ours are of the regular variety.
    static let placing = "/orders/regular"

    /// The declaration that the adapter keeps; its refusals are the only ones there are.
    package static let declared = BrokerTraits(
        name: .zerodha,
        referenceLength: 20,
        refusesDuplicates: false,
        refusals: refusals,
        denials: [
            "TokenException", "UserException", "OrderException", "InputException",
            "MarginException", "HoldingException", "PermissionException",
        ],
        // A tag cannot be asked for: the day's book is read and searched (§9).
        lookUps: [.orderBook, .trades],
        // An order that was said to have timed out was seen 8 s later (exactly-once.md §2).
        visibilityLag: .seconds(30),
        abilities: [
            .cancel, .quotes, .depth, .holdings, .positions, .funds, .sessionCheck, .postbacks,
            .orderStream, .marketFeed, .profile, .margins, .charges, .saleAuthorization,
            .conversion, .ownApps, .sessionEnd, .auctions,
        ],
        // Every token ends at six in the morning (§1).
        sessionLife: .until(6, 0),
        modifications: ModificationRules(mostPerOrder: 25),
        // 10 a second, and of the figures that differ the lower: 200 a minute, 3,000 a day (§9).
        // Whether cancels count too is not said, so some are left free for these.
        orderLimits: [
            RateLimit(calls: 8, seconds: 1), RateLimit(calls: 190, seconds: 60),
            RateLimit(calls: 2_900, seconds: 86_400),
        ],
        cancelLimits: [
            RateLimit(calls: 10, seconds: 1), RateLimit(calls: 200, seconds: 60),
            RateLimit(calls: 3_000, seconds: 86_400),
        ],
        readLimits: [RateLimit(calls: 10, seconds: 1)],
        quoteLimits: [RateLimit(calls: 1, seconds: 1)],
        conditional: declaredConditional
    )

    /// The errors that come before an order exists, each under the one status of the table.
    ///
    /// OrderException is not among them: Kite was seen to answer "Order request timed out. Please
    /// check the order book" with status 400 for orders that were placed (exactly-once.md §2).
    /// NetworkException, DataException and GeneralException leave the outcome open by their very
    /// meaning, and UserException has no status of its own in the documents.
    static let refusals = [
        refusal("TokenException", 403, .sessionExpired),
        refusal("PermissionException", 403, .brokerRefused),
        refusal("InputException", 400, .brokerRefused),
        refusal("MarginException", 400, .brokerRefused),
        refusal("HoldingException", 400, .brokerRefused),
        // What a sale without the client's authorisation gets (§6); the status alone may be anybody's.
        refusal("HoldingException", 428, .saleNotAuthorised),
    ]

    private static func refusal(_ code: String, _ status: Int, _ reason: Reason) -> RefusalProof {
        RefusalProof(
            path: placing,
            status: status,
            code: code,
            reason: reason,
            source: "kite.md §9, table of errors"
        )
    }
}
