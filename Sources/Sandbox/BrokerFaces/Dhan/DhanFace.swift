import Exchange
import HTTPServer
import JSON

/// Dhan's REST API (dhan.md), over the simulated exchange.
struct DhanFace: BrokerFace {
    static let name = "dhan"
    static let root = "/dhan/v2"

    static let placing = root + "/orders"

    /// Orders: 10 a second, 250 a minute, 1,000 an hour, 7,000 a day.
    static let limits = FaceLimits(
        orders: RateWindows([(1, 10), (60, 250), (3_600, 1_000), (86_400, 7_000)]),
        quotes: RateWindows([(1, 1)]),
        others: RateWindows([(1, 20)])
    )

    let floor: Floor

    var routes: [HTTPRoute] {
        orderRoutes + portfolioRoutes + fundRoutes + quoteRoutes + controlRoutes + statementRoutes
            + instrumentRoutes + loginRoutes + superOrderRoutes + foreverRoutes
            + conditionalTriggerRoutes + profitExitRoutes
    }

    func caller(_ request: HTTPServerRequest, _ fields: FlatObject?) -> Caller? {
        guard let token = request.header("access-token"), !token.isEmpty else { return nil }
        let named = request.header("client-id") ?? request.header("dhanclientid")
        return Caller(client: named ?? fields?.text("dhanClientId"), token: token)
    }

    /// What reaches no route gets the shape of Dhan's Spring server.
    ///
    /// Unknown paths, and also those that are not simulated yet: option chains and charts.
    func fallback(_ request: HTTPServerRequest, _ refusal: HTTPRefusal) -> HTTPServerResponse {
        let words =
            switch refusal {
            case .malformed: "Bad Request"
            case .notFound: "Not Found"
            case .methodNotAllowed: "Method Not Allowed"
            case .bodyTooLarge: "Payload Too Large"
            }
        let now = floor.enter { _, now in now }
        let isDhan = request.path.hasPrefix("/dhan/")
        return FaceReply(status: refusal.status) { writer in
            writer.beginObject()
            writer.field("timestamp", now.rfc3339)
            writer.field("status", refusal.status)
            writer.field("error", words)
            writer.field("path", isDhan ? String(request.path.dropFirst(5)) : request.path)
            writer.endObject()
        }
        .response
    }
}
