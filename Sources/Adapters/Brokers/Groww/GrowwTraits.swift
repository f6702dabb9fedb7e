package import Desk
import Trading

/// What Groww's documents promise, and what we allow for where they are silent (groww.md).
extension GrowwBroker {
    /// Where orders are placed.
    static let placing = "/order/create"

    /// The declaration that the adapter keeps; its refusals are the only ones there are.
    package static let declared = BrokerTraits(
        name: .groww,
        // 8 to 20 letters and digits, and two hyphens at the most (groww.md §2).
        referenceLength: 20,
        // GA007, which refuses the second of two and tells nothing of the first: see `GrowwErrors`.
        refusesDuplicates: true,
        refusals: refusals,
        denials: ["GA001", "GA004", "GA005", "GA006"],
        claims: ["GA007"],
        // No list of the day's trades exists: those that can be asked for are of orders that the
        // book lists, so they are no second witness.
        lookUps: [.reference, .orderBook],
        visibilityLag: .seconds(30),
        abilities: [
            .cancel, .quotes, .depth, .holdings, .positions, .funds, .sessionCheck, .orderStream,
            .marketFeed, .profile, .margins, .charges, .saleAuthorization, .ownApps,
        ],
        // Every token ends at six in the morning (groww.md §1).
        sessionLife: .until(6, 0),
        // MTF is a constant of the official SDK's which no document speaks of.
        products: [.delivery, .intraday, .carryForward],
        // No document says how often.
        modifications: ModificationRules(mostPerOrder: nil),
        // Orders: 10 a second and 250 a minute (groww.md §9); modify and cancel count too, so some
        // are left free for these.
        orderLimits: [RateLimit(calls: 8, seconds: 1), RateLimit(calls: 240, seconds: 60)],
        cancelLimits: [RateLimit(calls: 10, seconds: 1), RateLimit(calls: 250, seconds: 60)],
        readLimits: [RateLimit(calls: 20, seconds: 1), RateLimit(calls: 500, seconds: 60)],
        quoteLimits: [RateLimit(calls: 10, seconds: 1), RateLimit(calls: 300, seconds: 60)],
        conditional: declaredConditional
    )

    /// The codes that come before an order exists, under the statuses that go with them.
    ///
    /// The documents say of statuses only "40x or 50x"; one not listed here is a doubt, which costs
    /// a look and never an order. GA004 and GA006 (entity does not exist, cannot process) name no
    /// point in the order's life, so the book decides; GA000 and GA003 are a broken backend. GA007
    /// says the opposite of a refusal, and is a claim: Groww has an order of this reference.
    static let refusals = [
        refusal("GA001", 400, .brokerRefused), refusal("GA005", 401, .sessionExpired),
        refusal("GA005", 403, .brokerRefused),
    ]

    private static func refusal(_ code: String, _ status: Int, _ reason: Reason) -> RefusalProof {
        RefusalProof(
            path: placing,
            status: status,
            code: code,
            reason: reason,
            source: "groww.md §9, error table"
        )
    }
}
