import Exchange
import HTTPServer

/// Groww's Trading API v1 (groww.md), over the simulated exchange.
///
/// Groww calls nobody back. Option chains and candles are not simulated.
struct GrowwFace: BrokerFace {
    static let name = "groww"
    static let root = "/groww/v1"
    static let placing = root + "/order/create"

    static let limits = FaceLimits(
        orders: RateWindows([(1, 10), (60, 250)]),
        quotes: RateWindows([(1, 10), (60, 300)]),
        others: RateWindows([(1, 20), (60, 500)])
    )

    let floor: Floor

    var routes: [HTTPRoute] {
        orderRoutes + portfolioRoutes + marginRoutes + quoteRoutes + instrumentRoutes + loginRoutes
            + smartOrderRoutes + socketRoutes
    }

    /// Nothing but the token says who calls.
    func caller(_ request: HTTPServerRequest, _ fields: FlatObject?) -> Caller? {
        Self.bearer(request).map { Caller(token: $0) }
    }

    static func bearer(_ request: HTTPServerRequest) -> String? {
        guard let header = request.header("authorization"), header.hasPrefix("Bearer "),
            header.utf8.count > 7
        else { return nil }
        return String(header.dropFirst(7))
    }

    func fallback(_ request: HTTPServerRequest, _ refusal: HTTPRefusal) -> HTTPServerResponse {
        GrowwError(
            status: refusal.status,
            code: refusal == .notFound ? "GA004" : "GA001",
            message: "There is no such call"
        )
        .reply.response
    }

    static func orderID(_ number: Int) -> String { GrowwOrderID.text(number) }
}
