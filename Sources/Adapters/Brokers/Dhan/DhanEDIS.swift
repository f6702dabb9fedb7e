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

    /// One kind of shares at a time, or all at once: a form takes no list.
    package func authorize(_ shares: [SharesToSell], _ session: BrokerSession)
        async throws(BrokerFailure) -> AuthorizationPage
    {
        guard let first = shares.first else {
            throw .refused(code: "no shares", words: "nothing is to be authorised")
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
        let value = try await change("POST", "/edis/form", session, body: body.bytes)
        guard let html = value.text("edisFormHtml") else {
            throw .unreachable("no form in the answer")
        }
        // The form comes with its quotes escaped once more.
        return .form(html: html.replacing("\\\"", with: "\""))
    }
}
