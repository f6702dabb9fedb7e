import Desk
import Fuzzing
import Postgres
import PostgresStore
import ServerTesting
import Testing
import Trading

/// Random stories of clients' money and orders in the real store, several things at a time.
///
/// The broker of a story knows what really happened, and `StoryLaws` works out from raw rows what
/// must follow. How long this runs is up to `FuzzRun`'s settings, whole numbers all: a story is one
/// case of about 240 steps, so `VOLLEY_FUZZ_FACTOR=60` tells some 100,000 steps of either kind.
@Suite("Stories of money and orders in PostgreSQL", .needs(.postgres))
struct StoryTests {
    private static let moments = 60

    /// What some stories always come to; without it they would prove little.
    private static let usual: Set = [
        "BULK_TRADE_COMPLETE", "FILL_APPLIED", "ORDER_ACCEPTED", "ORDER_CANCELLED",
        "ORDER_CANCEL_REQUESTED", "ORDER_EXPIRED", "ORDER_FOUND", "ORDER_MODIFY_APPLIED",
        "ORDER_NOT_SENT", "ORDER_OPEN", "ORDER_PROVEN_ABSENT", "ORDER_REFUSED", "ORDER_SKIPPED",
        "ORDER_UNKNOWN", "gain", "loss", "release", "slice", "withdrawal",
    ]

    @Test("Whatever happens at once, no money, share or order is lost or doubled")
    func calm() async { await tellAll("calm-stories", isCalm: true) }

    @Test("So it is where brokers trade late, above their limits, on lent money, and correct it")
    func rough() async { await tellAll("rough-stories", isCalm: false) }

    private func tellAll(_ name: String, isCalm: Bool) async {
        var (told, seen) = (0, [String: Int]())
        let found = await FuzzRun(name, cases: 7).run { chance in
            let story = Story(Self.moments, isCalm: isCalm, &chance)
            told += 1
            guard let failure = try await story.tell(&seen) else { return nil }
            return await story.complaint(failure)
        }
        if let found { Issue.record(Comment(rawValue: found)) }
        guard found == nil, told >= 7 else { return }
        let missing = Self.usual.subtracting(seen.keys)
        #expect(missing.isEmpty, "the stories came to less than they should: \(seen)")
    }

    @Test("A story that fails is cut down to the steps that it takes")
    func shortest() async {
        var chance = FuzzRandom(seed: 3)
        let moments = StoryStep.story(40, &chance)
        let (first, second) = (moments[7][0].seed, moments[31][0].seed)
        let short = await Story.shortest(moments, tries: 200) { moments in
            let seeds = moments.flatMap { $0.map(\.seed) }
            return seeds.contains(first) && seeds.contains(second)
        }
        #expect(short.map { $0.map(\.seed) } == [[first], [second]])
    }

    @Test("Each law sees what breaks it", arguments: Tampering.all)
    func tampered(_ tampering: Tampering) async throws {
        try await OrdersDesk.open { desk in
            let world = try await StoryWorld(desk, isCalm: true)
            try await world.fillAndRest()
            #expect(await world.wrong(atTheEnd: false) {} == [])
            let wrong = await world.wrong(atTheEnd: false) {
                for statement in tampering.statements { try await desk.run(statement) }
            }
            #expect(wrong.contains { $0.hasPrefix(tampering.law) }, "\(wrong)")
        }
    }
}

extension StoryWorld {
    /// A purchase that is filled, one that rests, and a sale that rests.
    func fillAndRest() async throws {
        var chance = FuzzRandom(seed: 1)
        let price = Price(raw: 10_000_000)
        for (number, side) in [Side.buy, .buy, .sell].enumerated() {
            let terms = desk.terms(side, .limit, price: price)
            let client = clients[number]
            let (trade, jobs) = try await desk.planned(terms: terms, clients: .named([client]))
            with { $0.trades[trade.id] = trade }
            try await send(jobs, [.accepted])
            try await answer(with(\.sent))
            guard number == 0 else { continue }
            let books = with { hands in
                hands.broker.finish(jobs[0].intent, &chance, fills: 100)
                return hands.broker.books(jobs[0].intent)
            }
            try await desk.orders.apply([try #require(books)])
        }
    }
}

/// What a defect would leave behind, and the law that must see it.
struct Tampering: Sendable, CustomTestStringConvertible {
    let law: String
    let statements: [String]
    var testDescription: String { law }

    static let all = [
        Tampering(
            law: "held is what purchases hold",
            statements: [
                "UPDATE order_intent SET state = 'CANCELLED' WHERE state = 'ACCEPTED' AND held > 0"
            ]
        ),
        // Everything is booked twice, and all sums agree.
        Tampering(
            law: "fills are the broker's trades",
            statements: [
                """
                INSERT INTO fill (intent_id, account_id, trade_id, trade_date, quantity, price,
                                  value, at)
                SELECT intent_id, account_id, trade_id || 'x', trade_date, quantity, price, value,
                       at FROM fill
                """,
                """
                UPDATE funds SET available = available - f.value, invested = invested + f.value
                FROM order_intent i JOIN fill f ON f.intent_id = i.id AND f.trade_id LIKE '%x'
                WHERE funds.client_id = i.client_id
                """,
                """
                INSERT INTO transfer (client_id, kind, debit, credit, amount)
                SELECT i.client_id, 'fill', 'invested', 'available', f.value
                FROM order_intent i JOIN fill f ON f.intent_id = i.id AND f.trade_id LIKE '%x'
                """,
                """
                UPDATE holding h SET quantity = h.quantity + f.quantity, cost = cost + f.value
                FROM order_intent i JOIN fill f ON f.intent_id = i.id AND f.trade_id LIKE '%x'
                WHERE h.client_id = i.client_id
                """,
                "UPDATE order_intent SET filled = 2 * filled, filled_value = 2 * filled_value",
            ]
        ),
        Tampering(
            law: "open sales reserve the rest",
            statements: [
                "UPDATE order_intent SET reserved = 0", "UPDATE holding SET reserved = 0",
            ]
        ),
        Tampering(
            law: "purchases hold enough",
            statements: [
                "UPDATE order_intent SET held = held - 1 WHERE held > 0",
                "UPDATE funds SET held = held - 1, available = available + 1 WHERE held > 0",
                """
                INSERT INTO transfer (client_id, kind, debit, credit, amount)
                SELECT client_id, 'release', 'available', 'held', 1 FROM funds WHERE held > 0
                """,
            ]
        ),
        Tampering(
            law: "money is conserved",
            statements: [
                "UPDATE funds SET available = available + 1, deposited = deposited + 1",
                """
                INSERT INTO transfer (client_id, kind, debit, credit, amount)
                SELECT client_id, 'deposit', 'available', 'deposited', 1 FROM funds
                """,
            ]
        ),
        Tampering(
            law: "double entry",
            statements: ["UPDATE funds SET available = available - 1, held = held + 1"]
        ),
        Tampering(
            law: "holdings are fills",
            statements: ["UPDATE holding SET quantity = quantity + 1"]
        ),
        Tampering(
            law: "what is placed is not dead",
            statements: ["UPDATE order_attempt SET state = 'ABSENT'"]
        ),
        Tampering(
            law: "one attempt lives",
            statements: [
                "DROP INDEX order_attempt_alive",
                """
                INSERT INTO order_attempt (intent_id, number, reference, state, worker, lease_until)
                SELECT intent_id, 2, 'X' || intent_id, 'SENDING', 'thief', now() FROM order_attempt
                """,
            ]
        ),
        Tampering(
            law: "moves are lawful",
            statements: [
                """
                INSERT INTO audit_log (action, intent_id, state, detail)
                SELECT 'ORDER_OPEN', id, 'OPEN', '{}' FROM order_intent WHERE state = 'FILLED'
                """
            ]
        ),
        Tampering(
            law: "the audit log tells all",
            statements: [
                """
                UPDATE order_intent SET state = 'OPEN' WHERE state = 'ACCEPTED'
                """
            ]
        ),
        Tampering(
            law: "complete trades wait for nothing",
            statements: [
                "UPDATE order_intent SET state = 'UNKNOWN' WHERE state = 'ACCEPTED'",
                "UPDATE bulk_task SET state = 'COMPLETE'",
            ]
        ),
    ]
}
