package import Desk
import Trading

/// What Dhan's documents promise, and what we allow for where they are silent (dhan.md).
extension DhanBroker {
    /// Where orders are placed.
    static let placing = "/orders"

    /// The declaration that the adapter keeps; its refusals are the only ones there are.
    package static let declared = BrokerTraits(
        name: .dhan,
        referenceLength: 30,
        refusesDuplicates: false,
        refusals: refusals,
        denials: ["DH-901", "DH-902", "DH-903", "DH-904", "DH-905", "DH-906"],
        lookUps: [.reference, .orderBook, .trades],
        visibilityLag: .seconds(30),
        abilities: [
            .cancel, .quotes, .depth, .holdings, .positions, .funds, .sessionCheck, .postbacks,
            .orderStream, .marketFeed, .profile, .margins, .charges, .ledger, .tradeHistory,
            .saleAuthorization, .killSwitch, .profitExit, .addresses, .conversion, .exitPositions,
            .sessionRenewal,
        ],
        // A web token lives a day (dhan.md §1).
        sessionLife: .hours(24),
        modifications: ModificationRules(mostPerOrder: 25),
        // Orders: 10 a second, 250 a minute, 1,000 an hour, 7,000 a day (DOC-01); modify and cancel
        // count too, so 2 a second are left free for these.
        orderLimits: [
            RateLimit(calls: 8, seconds: 1), RateLimit(calls: 240, seconds: 60),
            RateLimit(calls: 990, seconds: 3_600), RateLimit(calls: 6_900, seconds: 86_400),
        ],
        cancelLimits: [
            RateLimit(calls: 10, seconds: 1), RateLimit(calls: 250, seconds: 60),
            RateLimit(calls: 1_000, seconds: 3_600), RateLimit(calls: 7_000, seconds: 86_400),
        ],
        readLimits: [RateLimit(calls: 20, seconds: 1)],
        quoteLimits: [RateLimit(calls: 1, seconds: 1)],
        conditional: declaredConditional,
        // Each of the past trades has its orderId (dhan.md §6).
        historyNamesOrders: true
    )

    /// The codes that come before an order exists, under the statuses that blame the request.
    ///
    /// The documents give no status per code; one not listed here is a doubt, which costs a look
    /// and never an order. DH-906 (Order_Error) is not among the codes: it names no point in the
    /// order's life, so the book decides. Nor are DH-904, 908, 909, 910: limits and broken
    /// backends, outcome unknown.
    static let refusals =
        refusal("DH-901", .sessionExpired) + refusal("DH-902", .brokerRefused)
        + refusal("DH-903", .brokerRefused) + refusal("DH-905", .brokerRefused)

    private static func refusal(_ code: String, _ reason: Reason) -> [RefusalProof] {
        RefusalProof.each(
            path: placing,
            statuses: [400, 401, 403],
            code: code,
            reason: reason,
            source: "dhan.md §9, error table of the annexure"
        )
    }
}
