import BrokerKit
import Desk
import Dhan
import HTTPClient
import JSON
import Testing
import Trading

/// Placements at the simulated Dhan: what is told, and what is booked all the same.
@Suite("Dhan: placements", .timeLimit(.minutes(20)))
struct DhanPlacementTests {
    /// A fault, what the adapter must make of it, and how many orders it leaves in the ledger.
    struct Case: Sendable, CustomTestStringConvertible {
        let fault: String
        let cause: String?
        let hasWords: Bool
        let booked: Int64
        var testDescription: String { fault }
    }

    static let silences = [
        Case(fault: "drop_after_booking", cause: nil, hasWords: false, booked: 1),
        Case(fault: "drop_before_booking", cause: nil, hasWords: false, booked: 0),
        Case(fault: "reset", cause: nil, hasWords: false, booked: 1),
        Case(fault: "reset_mid_body", cause: nil, hasWords: false, booked: 1),
        Case(fault: "garbage_body", cause: "HTTP 200", hasWords: false, booked: 1),
        Case(fault: "status_500", cause: "HTTP 500", hasWords: false, booked: 0),
        Case(fault: "status_503", cause: "HTTP 503", hasWords: false, booked: 0),
        Case(fault: "status_504_but_placed", cause: "HTTP 504", hasWords: false, booked: 1),
        Case(fault: "status_400_but_placed", cause: "HTTP 400", hasWords: true, booked: 1),
        Case(fault: "error_with_200", cause: "HTTP 200", hasWords: true, booked: 0),
        Case(fault: "status_429", cause: BrokerLimit.cause, hasWords: true, booked: 0),
    ]

    @Test(
        "What proves nothing is unanswered, sent once, and found in the books if it is there",
        arguments: silences
    )
    func silence(_ silence: Case) async throws {
        try await DhanFloor.visit { floor in
            // Opens the connection that the order then goes out on.
            _ = try await floor.broker.check(Sample.session())
            try await floor.fault(silence.fault)
            let attempt = Sample.attempt(terms: Sample.terms(price: "2900.00"))
            let answer = await floor.broker.place(attempt)
            guard case .unanswered(let cause, let words) = answer else {
                Issue.record("\(answer)")
                return
            }
            if let expected = silence.cause { #expect(cause == expected) }
            #expect((words != nil) == silence.hasWords, "\(words ?? "nothing")")
            #expect(try await floor.booked() == silence.booked)
            let found = try await floor.broker.find(Sample.doubt(attempt))
            let book = try await floor.broker.orders(Sample.session())
            #expect((found == nil) == (silence.booked == 0))
            #expect(book.count { $0.reference == attempt.reference } == Int(silence.booked))
            if let found {
                #expect(found.reference == attempt.reference && found.status == .open)
                #expect(found == book.first)
                let (looked, _) = try await floor.broker.look(
                    Sample.live(attempt, found.brokerOrderID)
                )
                #expect(looked == found)
            }
        }
    }

    @Test(
        "On connections that were used before, an order whose answer is dropped is booked once",
        arguments: ["drop_after_booking", "reset"]
    )
    func reusedConnection(fault: String) async throws {
        try await DhanFloor.visit { floor in
            let terms = Sample.terms(price: "2900.00")
            for number in 0..<3 {
                let good = Sample.attempt("VTSTGOOD\(number)", terms: terms)
                #expect(await floor.broker.place(good).brokerOrderID != nil)
                try await floor.fault(fault)
                let lost = Sample.attempt("VTSTLOST\(number)", terms: terms)
                #expect(await floor.broker.place(lost).isUnanswered)
                #expect(try await floor.ledger("VTSTLOST\(number)").count == 1)
            }
            #expect(try await floor.booked() == 6)
        }
    }

    @Test("An answer that comes too late is no answer")
    func tooLate() async throws {
        try await DhanFloor.visit(timeout: .seconds(3)) { floor in
            _ = try await floor.broker.check(Sample.session())
            try await floor.fault("delay", milliseconds: 8_000)
            let attempt = Sample.attempt(terms: Sample.terms(price: "2900.00"))
            #expect(await floor.broker.place(attempt).isUnanswered)
            #expect(try await floor.booked() == 1)
            #expect(try await floor.broker.find(Sample.doubt(attempt)) != nil)
        }
    }

    @Test("A bad security id is refused before an order exists, in Dhan's words")
    func badSecurity() async throws {
        try await DhanFloor.visit { floor in
            let unknown = BrokerInstrument(
                instrument: InstrumentID(2),
                segment: "NSE_EQ",
                code: "999999"
            )
            let attempt = Sample.attempt(session: Sample.session(instrument: unknown))
            #expect(
                await floor.broker.place(attempt)
                    == .refused(.brokerRefused, words: "DH-905: Invalid SecurityId")
            )
            let booked = try await floor.booked()
            #expect(booked == 0)
        }
    }

    @Test("An instrument that Dhan does not list is refused without a call")
    func noInstrument() async throws {
        try await DhanFloor.visit { floor in
            let attempt = Sample.attempt(session: Sample.session(instrument: nil))
            #expect(
                await floor.broker.place(attempt) == .refused(.noInstrumentAtBroker, words: "")
            )
            let booked = try await floor.booked()
            #expect(booked == 0)
        }
    }

    @Test("An ended session refuses the order, and ends every read")
    func sessionEnded() async throws {
        try await DhanFloor.visit { floor in
            let session = Sample.session(token: "OLD")
            let attempt = Sample.attempt(session: session)
            guard case .refused(.sessionExpired, let words) = await floor.broker.place(attempt)
            else {
                Issue.record("not refused as expired")
                return
            }
            #expect(words.hasPrefix("DH-901: "))
            let booked = try await floor.booked()
            #expect(booked == 0)
            let broker = floor.broker
            let live = Sample.live(attempt, "1")
            let ended = [
                await failure { () throws(BrokerFailure) in try await broker.check(session) },
                await failure { () throws(BrokerFailure) in try await broker.orders(session) },
                await failure { () throws(BrokerFailure) in try await broker.funds(session) },
                await failure { () throws(BrokerFailure) in try await broker.holdings(session) },
                await failure { () throws(BrokerFailure) in try await broker.positions(session) },
                await failure { () throws(BrokerFailure) in try await broker.cancel(live) },
                await failure { () throws(BrokerFailure) in try await broker.look(live).0 },
                await failure { () throws(BrokerFailure) in
                    try await broker.find(Sample.doubt(attempt))
                },
                await failure { () throws(BrokerFailure) in
                    try await broker.quotes([Sample.listing], session)
                },
            ]
            #expect(ended.allSatisfy { $0?.isSessionEnded == true }, "\(ended)")
        }
    }

    @Test("An order from an address that is not the account's is refused; reads are free")
    func wrongAddress() async throws {
        let account = #"{"client_id":"1000000001","token":"TESTTOKEN","allowed_ip":"10.9.8.7"}"#
        try await DhanFloor.visit(account: account) { floor in
            #expect(
                await floor.broker.place(Sample.attempt())
                    == .refused(.brokerRefused, words: "DH-905: Invalid IP")
            )
            let book = try await floor.broker.orders(Sample.session())
            #expect(book.isEmpty)
        }
    }

    @Test("An order leaves from the address that the account names, or not at all")
    func egress() async throws {
        let account = #"{"client_id":"1000000001","token":"TESTTOKEN","allowed_ip":"127.0.0.9"}"#
        try await DhanFloor.visit(account: account) { floor in
            let own = Sample.session(egress: "127.0.0.9")
            #expect(await floor.broker.place(Sample.attempt(session: own)).brokerOrderID != nil)
            // An address of documentation: no machine has it.
            let foreign = Sample.session(egress: "192.0.2.1")
            #expect(await floor.broker.place(Sample.attempt(session: foreign)).isNotSent)
            let booked = try await floor.booked()
            #expect(booked == 1)
        }
    }

    @Test("A closed market is an error that names no point in the order's life")
    func closedMarket() async throws {
        try await DhanFloor.visit { floor in
            try await floor.control("POST", "/clock", #"{"market":"closed"}"#)
            guard
                case .unanswered("HTTP 400", let words?) = await floor.broker.place(
                    Sample.attempt()
                )
            else {
                Issue.record("a DH-906 was taken for proof")
                return
            }
            #expect(words.hasPrefix("DH-906: Market is Closed"))
        }
    }

    @Test("What is accepted and then rejected is told by the books, with their words")
    func rejectedLater() async throws {
        try await DhanFloor.visit { floor in
            try await floor.fault("rejected_after_accept")
            let attempt = Sample.attempt()
            let id = try #require(await floor.broker.place(attempt).brokerOrderID)
            let (report, trades) = try await floor.broker.look(Sample.live(attempt, id))
            #expect(report.status == .rejected && report.filled == .zero && trades.isEmpty)
            #expect(report.message?.isEmpty == false)
        }
    }

    @Test("Too little money at the broker is told by the books, after the order was accepted")
    func tooLittleMoney() async throws {
        let account = #"{"client_id":"1000000001","token":"TESTTOKEN","funds":"100.00"}"#
        try await DhanFloor.visit(account: account) { floor in
            let attempt = Sample.attempt()
            let id = try #require(await floor.broker.place(attempt).brokerOrderID)
            let (report, _) = try await floor.broker.look(Sample.live(attempt, id))
            #expect(report.status == .rejected && report.message?.isEmpty == false)
        }
    }

    @Test("Beyond the rate limit an order is unanswered for that cause, and not booked")
    func rateLimit() async throws {
        try await DhanFloor.visit(limits: true) { floor in
            var answers: [PlacementAnswer] = []
            for number in 0..<11 {
                answers.append(await floor.broker.place(Sample.attempt("VTST\(number)0000")))
            }
            #expect(answers.prefix(10).allSatisfy { $0.brokerOrderID != nil })
            guard case .unanswered(BrokerLimit.cause, let words?) = answers[10] else {
                Issue.record("\(answers[10])")
                return
            }
            #expect(words.hasPrefix("DH-904: "))
            let booked = try await floor.booked()
            #expect(booked == 10)
        }
    }

    @Test("Where nobody listens nothing is sent")
    func nobodyListens() async throws {
        let http = HTTPClient()
        // Port 1 is nobody's on any machine of ours.
        let calls = BrokerCalls(base: "http://127.0.0.1:1/v2", client: http)
        let broker = DhanBroker(calls: calls)
        #expect(await broker.place(Sample.attempt()).isNotSent)
        let read = await failure { () throws(BrokerFailure) in
            try await broker.orders(Sample.session())
        }
        #expect(read?.isUnreachable == true)
        await http.close()
    }

    @Test("Hundreds of orders at once are each booked once")
    func manyAtOnce() async throws {
        try await DhanFloor.visit { floor in
            let answers = await withTaskGroup(of: PlacementAnswer.self) { group in
                for number in 0..<300 {
                    group.addTask {
                        await floor.broker.place(Sample.attempt("VMANY\(1_000 + number)"))
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(Set(answers.compactMap(\.brokerOrderID)).count == 300)
            let summary = try await floor.control("GET", "/ledger/summary")
            #expect(summary["booked"]?.int64 == 300 && summary["duplicates"]?.int64 == 0)
        }
    }
}
