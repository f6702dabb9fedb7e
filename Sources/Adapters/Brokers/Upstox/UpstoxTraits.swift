package import Desk
import Trading

/// What Upstox's documents promise, and what we allow for where they are silent (upstox.md).
extension UpstoxBroker {
    /// Where orders are placed.
    static let placing = "/v3/order/place"

    /// The declaration that the adapter keeps; its refusals are the only ones there are.
    package static let declared = BrokerTraits(
        name: .upstox,
        referenceLength: 40,
        refusesDuplicates: false,
        refusals: refusals,
        denials: Set(refusals.map(\.code)).union(denials),
        lookUps: [.reference, .orderBook, .trades],
        // "For a short time" an order may be missing from the books (§9); how short is not said.
        visibilityLag: .seconds(30),
        abilities: [
            .cancel, .quotes, .depth, .holdings, .positions, .funds, .sessionCheck, .postbacks,
            .orderStream, .marketFeed, .profile, .margins, .charges, .tradeHistory,
            .saleAuthorization, .killSwitch, .addresses, .conversion, .exitPositions,
            .profitReport, .loginRequests, .ownApps, .sessionEnd, .payments,
        ],
        // Whenever the token was made (§1); no answer tells.
        sessionLife: .until(3, 30),
        // No document says how often.
        modifications: ModificationRules(mostPerOrder: nil),
        // 10 a second, 500 a minute, 2,000 in half an hour (§9) for placing, changing and cancelling
        // together, so some of each are left free for cancels.
        orderLimits: [
            RateLimit(calls: 8, seconds: 1), RateLimit(calls: 480, seconds: 60),
            RateLimit(calls: 1_950, seconds: 1_800),
        ],
        cancelLimits: [
            RateLimit(calls: 10, seconds: 1), RateLimit(calls: 500, seconds: 60),
            RateLimit(calls: 2_000, seconds: 1_800),
        ],
        readLimits: [
            RateLimit(calls: 50, seconds: 1), RateLimit(calls: 500, seconds: 60),
            RateLimit(calls: 2_000, seconds: 1_800),
        ],
        conditional: declaredConditional
    )

    /// Codes that say no and name no point in the order's life: invalid input of whatever kind, a
    /// closed market, too many calls.
    private static let denials: Set = [
        "UDAPI100036", "UDAPI100038", "UDAPI100057", "UDAPI10005",
    ]

    /// The codes that speak of the request itself, or of who may send one, and so come before an
    /// order exists.
    ///
    /// But for two the documents give no status per code and 400 is assumed (§9); under any other
    /// the same code is a doubt, which costs a look and never an order. Numbers repeat with other
    /// meanings at other paths, so they prove something here alone.
    private static let refusals =
        refusal(401, "UDAPI100050", .sessionExpired)
        // The calling address is not registered, or none is.
        + refusal(403, "UDAPI1154", .brokerRefused)
        + inputs.flatMap { refusal(400, $0, .brokerRefused) }
        + callers.flatMap { refusal(400, $0, .brokerRefused) }

    /// Fields of the order that cannot be taken: type, validity, price, instrument, trigger against
    /// price, disclosed part, quantity, tag, algo's name, market protection.
    private static let inputs = [
        "UDAPI1004", "UDAPI1056", "UDAPI1007", "UDAPI1055", "UDAPI1008", "UDAPI1029", "UDAPI1030",
        "UDAPI1043", "UDAPI1009", "UDAPI1011", "UDAPI1026", "UDAPI1087", "UDAPI100011",
        "UDAPI1031", "UDAPI1032", "UDAPI1036", "UDAPI1039", "UDAPI1052", "UDAPI1119", "UDAPI1156",
        "UDAPI1158", "UDAPI1159", "UDAPI1160",
    ]

    /// Callers who may not place orders: an app for many clients, a token that can only read, an
    /// inactive client, anybody between midnight and half past five.
    private static let callers = ["UDAPI100049", "UDAPI100067", "UDAPI100073", "UDAPI100074"]

    private static func refusal(_ status: Int, _ code: String, _ reason: Reason) -> [RefusalProof] {
        RefusalProof.each(
            path: placing,
            statuses: [status],
            code: code,
            reason: reason,
            source: "upstox.md §9, table of codes"
        )
    }
}
