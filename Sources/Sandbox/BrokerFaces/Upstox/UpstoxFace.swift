import Exchange
import HTTPServer
import JSON

/// Upstox's REST API, v2 and v3 (upstox.md), over the simulated exchange.
///
/// All of the real hosts are one here: those for reads, for orders, and for instrument files.
struct UpstoxFace: BrokerFace {
    static let name = "upstox"
    static let root = "/upstox"
    static let placing = root + "/v3/order/place"

    /// Of order calls all count together; of the others each has its own count at the real broker,
    /// and here but one.
    static let limits = FaceLimits(
        orders: RateWindows([(1, 10), (60, 500), (1_800, 2_000)]),
        quotes: RateWindows([(1, 50), (60, 500), (1_800, 2_000)]),
        others: RateWindows([(1, 50), (60, 500), (1_800, 2_000)])
    )

    let floor: Floor

    var routes: [HTTPRoute] {
        orderRoutes + bookRoutes + multiRoutes + portfolioRoutes + fundRoutes + quoteRoutes
            + instrumentRoutes + loginRoutes + feedRoutes + triggerRoutes + chargeRoutes
            + killSwitchRoutes + profitReportRoutes + paymentRoutes
    }

    /// No call names its client: the token is all there is.
    func caller(_ request: HTTPServerRequest, _ fields: FlatObject?) -> Caller? {
        Self.token(in: request.header("authorization")).map { Caller(client: nil, token: $0) }
    }

    /// The token in `Bearer …`.
    static func token(in header: String?) -> String? {
        guard let header, header.hasPrefix("Bearer "), header.utf8.count > 7 else { return nil }
        return String(header.dropFirst(7))
    }

    /// Unknown paths, and also those that are not simulated: greeks, and the older market feed.
    func fallback(_ request: HTTPServerRequest, _ refusal: HTTPRefusal) -> HTTPServerResponse {
        switch refusal {
        case .notFound, .methodNotAllowed: UpstoxError.unknownPath.reply.response
        case .malformed, .bodyTooLarge: UpstoxError.body.reply.response
        }
    }

    /// Data in the envelope that all answers but the token's have.
    static func success(
        latency: Bool = false,
        _ data: (inout JSONWriter) -> Void
    ) -> FaceReply {
        FaceReply { writer in
            writer.beginObject()
            writer.field("status", "success")
            writer.key("data")
            data(&writer)
            if latency {
                writer.key("metadata")
                writer.beginObject()
                writer.field("latency", 30)
                writer.endObject()
            }
            writer.endObject()
        }
    }
}

extension UpstoxError: FaceRefusal {
    /// Every key in both spellings, as the documents show them.
    var reply: FaceReply {
        FaceReply(status: status) { writer in
            writer.beginObject()
            writer.field("status", "error")
            writer.key("errors")
            writer.beginArray()
            writer.beginObject()
            writer.field("errorCode", code)
            writer.field("message", message)
            for name in ["propertyPath", "invalidValue"] {
                writer.fieldOrNull(name, nil as String?)
            }
            writer.field("error_code", code)
            for name in ["property_path", "invalid_value"] {
                writer.fieldOrNull(name, nil as String?)
            }
            writer.endObject()
            writer.endArray()
            writer.endObject()
        }
    }
}

extension UpstoxFace {
    static func refusal(_ common: CommonRefusal) -> UpstoxError {
        switch common {
        case .authentication: .token
        case .tooManyCalls: .tooManyCalls
        case .wrongAddress: .address
        case .internalError: .other
        case .orderTimedOut:
            UpstoxError(100036, "Order request timed out, check the order book before trying again")
        case .orderRefusedWith200:
            UpstoxError(100038, "Invalid input passed to the API", status: 200)
        case .injected(let status, let code):
            UpstoxError(code: code, "Answered on purpose", status: status)
        }
    }
}
