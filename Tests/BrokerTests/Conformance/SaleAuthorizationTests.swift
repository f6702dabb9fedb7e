import Desk
import HTTPClient
import JSON
import Testing
import Trading

/// Shares whose owner has not said that they may be delivered.
@Suite("Sale authorisation", .timeLimit(.minutes(20)))
struct SaleAuthorizationTests {
    private static let isin = "INE002A01018"

    @Test(
        "Shares are sold once their client has authorised it, and not before",
        arguments: [BrokerUnderTest.dhan, .zerodha]
    )
    func authorised(_ kind: BrokerUnderTest) async throws {
        try await Outside.visit(kind) { outside in
            try await outside.holdUnauthorised()
            let sales = try #require(outside.broker.services.sales)
            let session = outside.session()
            let before = try await sales.saleStanding(isin: Self.isin, session)
            #expect(before.hasMandate == false)
            #expect(before.shares == [Self.shares(authorised: 0)])
            #expect(try await sales.saleStanding(isin: nil, session) == before)

            let sale = try await outside.sale("VTST600001")
            let answer = await outside.broker.place(sale)
            switch (kind, answer) {
            case (.zerodha, .refused(.saleNotAuthorised, let words)):
                #expect(words.contains("authorise"))
            // Dhan's DH-906 names no point in the order's life, so the book must be asked.
            case (.dhan, .unanswered(_, let words?)): #expect(words.contains("eDIS"))
            default: Issue.record("\(answer)")
            }
            #expect(try await outside.ledger().isEmpty)

            if sales.way == .pinAndForm { try await sales.sendPIN(session) }
            let wanted = SharesToSell(isin: Self.isin, quantity: Quantity(5), exchange: .nse)
            switch try await sales.authorize([wanted], session) {
            case .form(let html): #expect(html.contains("<form") && !html.contains("\\\""))
            case .url(let url): try await outside.open(url)
            }
            let after = try await sales.saleStanding(isin: Self.isin, session)
            #expect(after.shares == [Self.shares(authorised: 5)])
            let again = try await outside.sale("VTST600002")
            #expect(OutcomeClass(await outside.broker.place(again)) == .accepted)
        }
    }

    @Test(
        "Where there is no call for it, that is said in words",
        arguments: [BrokerUnderTest.upstox, .groww]
    )
    func atBroker(_ kind: BrokerUnderTest) async throws {
        try await Outside.visit(kind) { outside in
            let sales = try #require(outside.broker.services.sales)
            #expect(sales.way == .atBroker)
            #expect(try await sales.saleStanding(isin: nil, outside.session()).hasMandate == false)
            await #expect(throws: BrokerFailure.self) {
                _ = try await sales.authorize([], outside.session())
            }
        }
    }

    private static func shares(authorised: Int64) -> SaleStanding.Shares {
        SaleStanding.Shares(isin: isin, held: Quantity(10), authorised: Quantity(authorised))
    }
}

extension Outside {
    /// The account has ten shares, none of which may be sold yet.
    fileprivate func holdUnauthorised() async throws {
        try await ask(
            "POST",
            "/accounts",
            """
            {"client_id":"\(Self.client)","token":"\(Self.token)","needs_authorisation":true,
            "face":"\(broker.traits.name.rawValue)",
            "holdings":[{"symbol":"RELIANCE","quantity":10,"average_price":"2000.00"}]}
            """
        )
    }

    /// A sale of five shares.
    fileprivate func sale(_ reference: String) async throws -> Attempt {
        let sample = try await claimed()
        return Sample.attempt(
            reference,
            terms: Sample.terms(.sell, price: "2960.00"),
            session: sample.session
        )
    }

    /// What the client's browser does.
    fileprivate func open(_ url: String) async throws {
        let client = HTTPClient()
        let answer = try await client.send(HTTPRequest(method: "GET", url: url))
        await client.close()
        #expect(answer.status == 200)
    }
}
