import Exchange
import HTTPServer
import JSON

/// Zerodha's REST API, Kite Connect v3 (kite.md), over the simulated exchange.
///
/// A token is the pair `api_key:access_token`, as the Authorization header has it; no call names the
/// client.
struct KiteFace: BrokerFace {
    static let name = "zerodha"
    static let root = "/kite"

    static let placing = root + "/orders/regular"

    /// Of the documents that differ the stricter: 200 orders a minute and 3,000 a day.
    static let limits = FaceLimits(
        orders: RateWindows([(1, 10), (60, 200), (86_400, 3_000)]),
        quotes: RateWindows([(1, 1)]),
        others: RateWindows([(1, 10)])
    )

    /// What apps sign with; the captured requests of the official SDK were signed with it too.
    static let apiSecret = "secret"

    let floor: Floor

    var routes: [HTTPRoute] {
        orderRoutes + portfolioRoutes + fundRoutes + quoteRoutes + instrumentRoutes + sessionRoutes
            + triggerRoutes + marginRoutes
    }

    func caller(_ request: HTTPServerRequest, _ fields: FlatObject?) -> Caller? {
        guard let header = request.header("authorization"), header.hasPrefix("token "),
            header.utf8.count > 6
        else { return nil }
        return Caller(client: nil, token: String(header.dropFirst(6)))
    }

    /// Unknown paths, and those that are not simulated: alerts, historical data, mutual funds.
    func fallback(_ request: HTTPServerRequest, _ refusal: HTTPRefusal) -> HTTPServerResponse {
        let words =
            switch refusal {
            case .malformed: "Bad request"
            case .notFound: "Route not found"
            case .methodNotAllowed: "Method not allowed"
            case .bodyTooLarge: "Request too large"
            }
        return KiteError(status: refusal.status, type: "GeneralException", message: words)
            .reply.response
    }
}

extension FaceReply {
    /// A good answer: whatever is written goes under `data`.
    static func success(_ write: (inout JSONWriter) -> Void) -> FaceReply {
        FaceReply { writer in
            writer.beginObject()
            writer.field("status", "success")
            writer.key("data")
            write(&writer)
            writer.endObject()
        }
    }
}
