import Desk
import Dhan
import HTTPClient
import HTTPServer
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

    @Test("Several kinds of shares are authorised by one form of Dhan's, and no others")
    func several() async throws {
        try await Outside.visit(.dhan) { outside in
            try await outside.ask(
                "POST",
                "/accounts",
                """
                {"client_id":"\(Outside.client)","token":"\(Outside.token)","face":"dhan",
                "needs_authorisation":true,"holdings":[
                {"symbol":"RELIANCE","quantity":10,"average_price":"2000.00"},
                {"symbol":"INFY","quantity":7,"average_price":"1400.00"},
                {"symbol":"TCS","quantity":5,"average_price":"3000.00"}]}
                """
            )
            let sales = try #require(outside.broker.services.sales)
            let session = outside.session()
            let all = try await sales.saleStanding(isin: nil, session).shares
            let wanted = all.filter { $0.held != Quantity(5) }
            #expect(all.count == 3 && wanted.count == 2)
            let page = try await sales.authorize(
                wanted.map {
                    SharesToSell(isin: $0.isin, quantity: Quantity(1), exchange: .nse)
                },
                session
            )
            guard case .form(let html) = page else {
                Issue.record("\(page)")
                return
            }
            #expect(html.contains("<form"))
            for shares in try await sales.saleStanding(isin: nil, session).shares {
                let isWanted = wanted.contains { $0.isin == shares.isin }
                #expect(shares.authorised == (isWanted ? shares.held : .zero), "\(shares)")
            }
        }
    }

    @Test("Where Dhan has no bulk form, the form for all shares takes its place")
    func noBulkForm() async throws {
        let form = Canned(#"{"edisFormHtml":"<form></form>"}"#)
        let missing = Canned(#"{"status":404,"error":"Not Found"}"#, status: 404)
        let answers = ["POST /edis/bulkform": missing, "POST /edis/form": form]
        try await CannedDhan.visit(answers) { broker, canned in
            let shares = ["INE002A01018", "INE009A01021"].map {
                SharesToSell(isin: $0, quantity: Quantity(1), exchange: .nse)
            }
            let page = try await broker.authorize(shares, Sample.session())
            #expect(page == .form(html: "<form></form>"))
            #expect(canned.requests.count == 2)
            let sent = try #require(canned.requests.last)
            #expect(try JSONValue(parsing: sent.body)["bulk"]?.bool == true)
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
