import BrokerKit
package import Desk
import JSON
import Trading

/// EDIS: T-PIN, the depository's form, and what is approved (dhan.md §6).
extension DhanBroker: SaleAuthorization {
    package var way: SaleAuthorizationWay { .pinAndForm }

    /// Of all shares the holdings name them, and each is inquired about: `ALL` gives but one sum.
    package func saleStanding(isin: String?, _ session: BrokerSession) async throws(BrokerFailure)
        -> SaleStanding
    {
        let mandate = try await profile(session).hasMandate
        let wanted: [String]
        if let isin {
            wanted = [isin]
        } else {
            wanted = try await holdings(session).compactMap(\.isin)
        }
        var shares: [SaleStanding.Shares] = []
        for isin in wanted {
            let value = try await read("/edis/inquire/" + FormBody.encoded(isin), session)
            guard let held = value.quantity("totalQty"), let approved = value.quantity("aprvdQty")
            else { throw .unreachable("no quantities in the answer") }
            shares.append(SaleStanding.Shares(isin: isin, held: held, authorised: approved))
        }
        return SaleStanding(hasMandate: mandate, shares: shares)
    }

    /// CDSL sends the T-PIN to the phone that it knows; the answer may be empty.
    package func sendPIN(_ session: BrokerSession) async throws(BrokerFailure) {
        _ = try await change("GET", "/edis/tpin", session)
    }

    /// One kind of shares with its quantity by one form, several kinds by the bulk form, which takes
    /// them whole.
    ///
    /// Only the vendor's sandbox documents the bulk form. Where it is not there, the form for one with
    /// `bulk` takes its place, which is for all shares of the account; the client sees on the
    /// depository's page what it agrees to.
    package func authorize(_ shares: [SharesToSell], _ session: BrokerSession)
        async throws(BrokerFailure) -> AuthorizationPage
    {
        guard let first = shares.first else {
            throw .refused(code: "no shares", words: "nothing is to be authorised")
        }
        if shares.count > 1 {
            do {
                return try await authorizeTogether(shares, session)
            } catch {
                // Where nothing is there that could have taken it.
                guard case .refused(code: "404", words: _) = error else { throw error }
            }
        }
        var body = JSONWriter()
        body.beginObject()
        body.field("dhanClientId", session.brokerClientID)
        body.field("isin", first.isin)
        body.field("qty", first.quantity.raw)
        body.field("exchange", first.exchange.rawValue)
        body.field("segment", "EQ")
        body.field("bulk", shares.count > 1)
        body.endObject()
        return try Self.page(try await change("POST", "/edis/form", session, body: body.bytes))
    }

    private func authorizeTogether(_ shares: [SharesToSell], _ session: BrokerSession)
        async throws(BrokerFailure) -> AuthorizationPage
    {
        let exchanges = Set(shares.map(\.exchange.rawValue))
        var body = JSONWriter()
        body.beginObject()
        body.field("dhanClientId", session.brokerClientID)
        body.key("isin")
        body.beginArray()
        for share in shares { body.string(share.isin) }
        body.endArray()
        body.field("exchange", exchanges.count == 1 ? exchanges.first ?? "ALL" : "ALL")
        body.field("segment", "EQ")
        body.endObject()
        return try Self.page(try await change("POST", "/edis/bulkform", session, body: body.bytes))
    }

    private static func page(_ value: JSONValue) throws(BrokerFailure) -> AuthorizationPage {
        guard let html = value.text("edisFormHtml") else {
            throw .unreachable("no form in the answer")
        }
        // The form comes with its quotes escaped once more.
        return .form(html: html.replacing("\\\"", with: "\""))
    }
}
