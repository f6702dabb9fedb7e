import Desk
import Dhan
import Testing
import Trading

/// Reads of orders and trades at the simulated Dhan.
@Suite("Dhan: books", .timeLimit(.minutes(20)))
struct DhanBookTests {
    @Test("A partial fill that is cancelled keeps its fills")
    func cancelKeepsFills() async throws {
        try await DhanFloor.visit { floor in
            try await floor.price("RELIANCE", "2950.00", depth: 3)
            let attempt = Sample.attempt(terms: Sample.terms(price: "2950.00"))
            let id = try #require(await floor.broker.place(attempt).brokerOrderID)
            let live = Sample.live(attempt, id)
            let (part, first) = try await floor.broker.look(live)
            #expect(part.status == .partlyFilled && part.filled == Quantity(3))
            try await floor.broker.cancel(live)
            let (ended, trades) = try await floor.broker.look(live)
            #expect(ended.status == .cancelled)
            #expect(ended.filled == Quantity(3) && ended.quantity == Quantity(5))
            #expect(trades == first && trades.reduce(0) { $0 + $1.quantity.raw } == 3)
        }
    }

    @Test("Trades at several prices sum to what is filled")
    func tradesSum() async throws {
        try await DhanFloor.visit { floor in
            try await floor.price("RELIANCE", "2950.00", depth: 4)
            let attempt = Sample.attempt(quantity: 10)
            let id = try #require(await floor.broker.place(attempt).brokerOrderID)
            let (report, trades) = try await floor.broker.look(Sample.live(attempt, id))
            #expect(report.status == .filled && report.filled == Quantity(10))
            #expect(trades.map(\.quantity.raw).sorted() == [2, 4, 4])
            #expect(Set(trades.map(\.tradeID)).count == 3)
            #expect(Set(trades.map(\.price)).count == 3)
            // The sandbox's clock stands at this second.
            #expect(trades.allSatisfy { $0.at.microseconds == floor.clock.microseconds })
        }
    }

    @Test("The day's trades are those of all the account's orders, and an empty list at first")
    func wholeTrades() async throws {
        try await DhanFloor.visit { floor in
            #expect(try await floor.broker.trades(Sample.session()).isEmpty)
            for reference in ["VTRADE01", "VTRADE02"] {
                _ = await floor.broker.place(Sample.attempt(reference))
            }
            let trades = try await floor.broker.trades(Sample.session())
            let book = try await floor.broker.orders(Sample.session())
            #expect(Set(trades.map(\.brokerOrderID)) == Set(book.map(\.brokerOrderID)))
            #expect(trades.reduce(0) { $0 + $1.quantity.raw } == 10)
        }
    }

    @Test("Trades that are known already are not read again")
    func knownTrades() async throws {
        try await DhanFloor.visit { floor in
            let attempt = Sample.attempt()
            let id = try #require(await floor.broker.place(attempt).brokerOrderID)
            let known = Sample.live(attempt, id, filled: Quantity(5))
            let (report, trades) = try await floor.broker.look(known)
            #expect(report.status == .filled && trades.isEmpty)
        }
    }

    @Test("The book gives all of the account's orders with our references, and no other's")
    func wholeBook() async throws {
        let accounts = """
            {"accounts":[{"client_id":"1000000001","token":"TESTTOKEN"},
            {"client_id":"1000000002","token":"OTHER"}]}
            """
        try await DhanFloor.visit(account: accounts) { floor in
            #expect(try await floor.broker.orders(Sample.session()).isEmpty)
            let other = Sample.session(client: "1000000002", token: "OTHER")
            let terms = Sample.terms(price: "2900.00")
            let references = ["VBOOK001", "VBOOK002", "VBOOK003"]
            for reference in references {
                _ = await floor.broker.place(Sample.attempt(reference, terms: terms))
            }
            _ = await floor.broker.place(
                Sample.attempt("VOTHER01", terms: terms, session: other)
            )
            let book = try await floor.broker.orders(Sample.session())
            #expect(book.compactMap(\.reference).sorted() == references)
            #expect(book.allSatisfy { $0.status == .open && $0.quantity == Quantity(5) })
            #expect(try await floor.broker.orders(other).map(\.reference) == ["VOTHER01"])
        }
    }

    @Test("An order hidden from the books is absent everywhere until it appears")
    func hidden() async throws {
        try await DhanFloor.visit { floor in
            try await floor.fault("hide_from_book", milliseconds: 30_000)
            let attempt = Sample.attempt()
            let id = try #require(await floor.broker.place(attempt).brokerOrderID)
            let broker = floor.broker
            #expect(try await broker.find(Sample.doubt(attempt)) == nil)
            #expect(try await broker.orders(Sample.session()).isEmpty)
            let look = await failure { () throws(BrokerFailure) in
                try await broker.look(Sample.live(attempt, id)).0
            }
            #expect(look != nil, "a look at an order that is not shown tells nothing")
            #expect(try await floor.booked() == 1)
            floor.clock.advance(seconds: 30)
            #expect(try await broker.find(Sample.doubt(attempt))?.brokerOrderID == id)
            #expect(try await broker.orders(Sample.session()).map(\.brokerOrderID) == [id])
        }
    }

    @Test("An unknown order is refused by a look, and a filled one by a cancel")
    func refusedReads() async throws {
        try await DhanFloor.visit { floor in
            let broker = floor.broker
            let attempt = Sample.attempt()
            let stranger = await failure { () throws(BrokerFailure) in
                try await broker.look(Sample.live(attempt, "1")).0
            }
            #expect(stranger?.code == "DH-907")
            let id = try #require(await broker.place(attempt).brokerOrderID)
            let cancel = await failure { () throws(BrokerFailure) in
                try await broker.cancel(Sample.live(attempt, id))
            }
            #expect(cancel?.code == "DH-906")
            let (report, _) = try await broker.look(Sample.live(attempt, id))
            #expect(report.status == .filled)
        }
    }

    @Test("A read whose answer is lost once is read again")
    func readAgain() async throws {
        try await DhanFloor.visit { floor in
            _ = await floor.broker.place(Sample.attempt())
            try await floor.control(
                "POST",
                "/faults",
                #"{"kind":"reset","method":"GET","path":"/orders","times":1}"#
            )
            #expect(try await floor.broker.orders(Sample.session()).count == 1)
        }
    }

    @Test("A read that keeps breaking is unreachable")
    func brokenReads() async throws {
        try await DhanFloor.visit { floor in
            let broker = floor.broker
            for kind in ["reset", "reset_mid_body", "garbage_body", "status_500", "status_503"] {
                try await floor.control(
                    "POST",
                    "/faults",
                    #"{"kind":"\#(kind)","method":"GET","path":"/orders"}"#
                )
                let read = await failure { () throws(BrokerFailure) in
                    try await broker.orders(Sample.session())
                }
                #expect(read?.isUnreachable == true, "\(kind)")
                try await floor.control("DELETE", "/faults")
            }
            let book = try await broker.orders(Sample.session())
            #expect(book.isEmpty)
        }
    }

    @Test("A read that comes too often says so")
    func limitedRead() async throws {
        try await DhanFloor.visit { floor in
            let broker = floor.broker
            try await floor.control(
                "POST",
                "/faults",
                #"{"kind":"status_429","method":"GET","path":"/orders","times":1}"#
            )
            let limited = await failure { () throws(BrokerFailure) in
                try await broker.orders(Sample.session())
            }
            #expect(limited?.isLimited == true)
        }
    }
}
