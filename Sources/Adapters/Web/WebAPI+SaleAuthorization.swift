import Desk
import HTTPServer
import JSON
import Trading

/// The client's word that sold shares may be delivered.
extension WebAPI {
    func authorizeSale(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let doing = try await doing(request)
        var fields = try Fields(of: request)
        let items = fields.value("shares")?.array ?? []
        let shares = items.compactMap(Self.shares)
        if shares.isEmpty || shares.count != items.count || shares.count > 50 {
            fields.refuse(
                "shares",
                "wrong_type",
                "shares must be 1 to 50 of {\"isin\", \"quantity\", \"exchange\"}."
            )
        }
        let reason = fields.text("reason", limit: 500)
        try fields.finish()
        guard let reason else { throw Problem.notFound }
        let words = shares.map { "\($0.isin) x \($0.quantity.raw)" }.joined(separator: ", ")
        let action = doing.action(.saleAuthorization, reason, [("shares", words)])
        return try await answering(doing.account.broker) { ask in
            let page = try await ask.change(action, by: doing.actor, { $0.sales }) {
                service,
                session throws(BrokerFailure) in
                try await service.authorize(shares, session)
            }
            // The page is as good as the client's signature for the shares that it names.
            return .json(headers: [("Cache-Control", "no-store")]) { body in
                body.beginObject()
                switch page {
                case .url(let url): body.field("url", url)
                case .form(let html): body.field("form_html", html)
                }
                body.endObject()
            }
        }
    }

    private static func shares(_ item: JSONValue) -> SharesToSell? {
        guard let isin = item["isin"]?.string, (1...20).contains(isin.utf8.count),
            isin.utf8.allSatisfy({ (48...57).contains($0) || (65...90).contains($0) }),
            let quantity = item["quantity"]?.int64, (1...Quantity.limit.raw).contains(quantity),
            let exchange = ExchangeName(rawValue: item["exchange"]?.string ?? "NSE")
        else { return nil }
        return SharesToSell(isin: isin, quantity: Quantity(quantity), exchange: exchange)
    }

    func sendPIN(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let doing = try await doing(request)
        var fields = try Fields(of: request)
        let reason = fields.text("reason", limit: 500)
        try fields.finish()
        guard let reason else { throw Problem.notFound }
        let action = doing.action(.saleAuthorization, reason, [("pin", "sent to the client")])
        return try await answering(doing.account.broker) { ask in
            try await ask.change(action, by: doing.actor, { $0.sales }) {
                service,
                session throws(BrokerFailure) in
                try await service.sendPIN(session)
            }
            return .noContent
        }
    }
}
