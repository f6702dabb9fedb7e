import Desk
import Testing
import Trading

/// What some brokers tell of an account beside the market, and the end of a session.
@Suite("Accounts conformance", .timeLimit(.minutes(20)))
struct AccountConformanceTests {
    @Test("A session that was ended is over at the broker, and cannot be ended twice")
    func sessionEnds() async throws {
        let able = BrokerUnderTest.allCases.filter { $0.declared.abilities.contains(.sessionEnd) }
        #expect(able == [.zerodha, .upstox])
        for kind in able {
            try await Outside.visit(kind) { outside in
                let source = try #require(outside.broker.services.sessionEnd)
                // Kite's calls want a pair of key and token.
                let session = outside.session(token: "key:token")
                try await outside.connect(token: "key:token")
                _ = try await outside.broker.check(session)
                try await source.end(session)
                let again = await failure { () throws(BrokerFailure) in
                    try await source.end(session)
                }
                #expect(again?.isSessionEnded == true, "\(kind): \(String(describing: again))")
                await #expect(throws: BrokerFailure.self) {
                    _ = try await outside.broker.check(session)
                }
            }
        }
    }

    @Test("What was paid in and out is told, newest first, and how it stands")
    func payments() async throws {
        try await Outside.visit(.upstox) { outside in
            let source = try #require(outside.broker.services.payments)
            #expect(try await source.payments(outside.session()).isEmpty)
            for (way, id, status, at) in [
                ("in", "P1", "SUCCESS", "10:00:00"),
                ("out", "P2", "TRANSFER_IN_PROGRESS", "11:00:00"),
                ("in", "P3", "FAILED", "10:30:00"), ("out", "P4", "COMPLETED", "09:00:00"),
                ("out", "P5", "A WORD NOBODY KNOWS", "08:00:00"),
            ] {
                try await outside.ask(
                    "POST",
                    "/payments",
                    """
                    {"face":"upstox","client_id":"\(Outside.client)","way":"\(way)","id":"\(id)",
                    "amount":"16995.50","status":"\(status)","at":"2026-11-20 \(at)"}
                    """
                )
            }
            let found = try await source.payments(outside.session())
            #expect(found.map(\.id) == ["P2", "P3", "P1", "P4", "P5"])
            #expect(found.map(\.isPaidIn) == [false, true, true, false, false])
            #expect(found.map(\.isDone) == [false, nil, true, true, false])
            #expect(found.allSatisfy { $0.amount == Money(paise: 1_699_550) && $0.mode == "NEFT" })
            try await expectSessionEnd { _ = try await source.payments($0) }
        }
    }

    @Test("Shares that an auction would take are told while it is held, and no others")
    func auctions() async throws {
        try await Outside.visit(.zerodha) { outside in
            let source = try #require(outside.broker.services.auctions)
            try await outside.ask(
                "POST",
                "/accounts",
                """
                {"face":"zerodha","client_id":"\(Outside.client)","token":"\(Outside.token)",
                "holdings":[{"symbol":"RELIANCE","quantity":5,"average_price":"2900.00"},
                {"symbol":"TCS","quantity":3,"average_price":"3500.00"}]}
                """
            )
            #expect(try await source.auctions(outside.session()).isEmpty)
            try await outside.ask("POST", "/auctions", #"{"symbol":"RELIANCE","number":"20"}"#)
            try await outside.ask("POST", "/auctions", #"{"symbol":"INFY","number":"21"}"#)
            let found = try await source.auctions(outside.session())
            #expect(found.map(\.number) == ["20"] && found.map(\.symbol) == ["RELIANCE"])
            #expect(found.map(\.quantity) == [Quantity(5)] && found.first?.exchange == "NSE")
            #expect(found.first?.lastPrice == Price(rupees: "2950.00"))
            try await outside.ask("POST", "/auctions", #"{"symbol":"RELIANCE"}"#)
            #expect(try await source.auctions(outside.session()).isEmpty)
            try await expectSessionEnd { _ = try await source.auctions($0) }
        }
    }
}
