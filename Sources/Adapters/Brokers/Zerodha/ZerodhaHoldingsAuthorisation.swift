import BrokerKit
package import Desk
import JSON
import Trading

/// Portfolio: which holdings may be sold, the page on which the client says so, and a position's
/// conversion (kite.md §5, §6).
extension ZerodhaBroker: SaleAuthorization, PositionConversion {
    package var way: SaleAuthorizationWay { .page }

    package func saleStanding(isin: String?, _ session: BrokerSession) async throws(BrokerFailure)
        -> SaleStanding
    {
        let mandate = try await profile(session).hasMandate
        guard let entries = try await read("/portfolio/holdings", session).array else {
            throw .unreachable("the holdings are no list")
        }
        let shares = entries.compactMap { entry -> SaleStanding.Shares? in
            guard let own = entry.text("isin"), isin == nil || own == isin,
                let held = entry.quantity("quantity"),
                let authorised = entry.quantity("authorised_quantity")
            else { return nil }
            return SaleStanding.Shares(isin: own, held: held, authorised: authorised)
        }
        return SaleStanding(hasMandate: mandate, shares: shares)
    }

    /// The page asks for the PIN itself.
    package func sendPIN(_ session: BrokerSession) async throws(BrokerFailure) {
        throw .refused(code: "no call", words: "Zerodha's page has the PIN sent")
    }

    package func authorize(_ shares: [SharesToSell], _ session: BrokerSession)
        async throws(BrokerFailure) -> AuthorizationPage
    {
        var form = FormBody()
        for one in shares {
            form.field("isin", one.isin)
            form.field("quantity", String(one.quantity.raw))
        }
        let value = try await change("POST", "/portfolio/holdings/authorise", form, session)
        guard let request = value.text("request_id"),
            let key = session.token.reveal().split(separator: ":").first
        else { throw .unreachable("no request in the answer") }
        let pages = calls.base.replacing("//api.kite.trade", with: "//kite.zerodha.com")
        return .url(
            pages + "/connect/portfolio/authorise/holdings/" + FormBody.encoded(String(key)) + "/"
                + FormBody.encoded(request)
        )
    }

    package func convert(_ conversion: Conversion, _ session: BrokerSession)
        async throws(BrokerFailure)
    {
        let form = FormBody([
            ("exchange", conversion.instrument.segment),
            ("tradingsymbol", conversion.instrument.code),
            ("transaction_type", conversion.side.rawValue),
            ("position_type", conversion.isOvernight ? "overnight" : "day"),
            ("quantity", String(conversion.quantity.raw)),
            ("old_product", ZerodhaWords.product(conversion.from)),
            ("new_product", ZerodhaWords.product(conversion.to)),
        ])
        let value = try await change("PUT", "/portfolio/positions", form, session)
        guard value.bool == true else {
            throw .refused(code: "data", words: "it was not converted")
        }
    }
}
