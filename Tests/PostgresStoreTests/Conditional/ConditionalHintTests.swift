import Desk
import DeskTesting
import Postgres
import ServerTesting
import Testing
import Trading

@testable import PostgresStore

/// Conditional orders that brokers' messages speak of, and those that fired on an earlier day.
@Suite(.needs(.postgres), .timeLimit(.minutes(10))) struct ConditionalHintTests {
    /// One that waits at the broker under this id.
    private static func waiting(
        _ desk: OrdersDesk,
        _ client: ClientID,
        _ brokerID: String,
        key: String
    ) async throws -> ConditionalRecord {
        let record = try await FiredOrderTests.fired(desk, client, key: key)
        let now = Timestamp(microseconds: 1_795_000_000_000_000)
        let store = FiredOrderTests.store(desk)
        let changed = try await store.change(record.id, fence: nil, by: Actor(user: nil)) {
            $0.claim(reference: "CTST0000000000\(key)", lease: .seconds(1), at: now)
            $0.record(.accepted(brokerOrderID: brokerID), at: now)
        }
        return try #require(changed)
    }

    @Test("A hint brings forward what it is about, and nothing within two seconds of the last look")
    func hastened() async throws {
        try await OrdersDesk.open { desk in
            let clients = try await desk.clients(2)
            let store = FiredOrderTests.store(desk)
            let first = try await Self.waiting(desk, clients[0], "GTT-1", key: "one1")
            let second = try await Self.waiting(desk, clients[1], "GTT-2", key: "two2")
            let ours = try await desk.pool.ask(
                PostgresStatement(
                    """
                    SELECT a.broker_client_id, b.code, n.isin FROM broker_account a
                    JOIN broker_instrument b ON b.broker = a.broker AND b.instrument_id = $2
                    JOIN instrument n ON n.id = b.instrument_id
                    WHERE a.id = $1
                    """
                ),
                [.int(try #require(first.account).raw), .int(desk.share.id.raw)]
            )
            let (number, code, isin) = (ours[0].text(0), ours[0].text(1), ours[0].text(2))
            /// Seconds from now until the next look, after this hint; an hour before.
            func next(_ hint: ConditionalHint, seen: String = "NULL") async throws -> [Int64] {
                try await desk.run(
                    "UPDATE conditional_order SET due_at = now() + interval '1 hour',"
                        + " seen_at = \(seen)",
                    []
                )
                try await store.hasten([hint])
                var due: [Int64] = []
                for id in [first.id, second.id] {
                    due.append(
                        try await desk.number(
                            "SELECT round(extract(epoch FROM due_at - now()))::bigint"
                                + " FROM conditional_order WHERE id = $1",
                            [.int(id.raw)]
                        )
                    )
                }
                return due.map { $0 > 600 ? 3_600 : $0 > 60 ? 100 : 0 }
            }
            for hint in [
                ConditionalHint.named(.dhan, "GTT-1"), .referred("CTST0000000000one1"),
                .foreignOrder(.dhan, client: number, code: code),
                .foreignOrder(.dhan, client: number, code: isin),
                .unheard(try #require(first.account)),
            ] {
                #expect(try await next(hint) == [0, 3_600], "\(hint)")
            }
            for hint in [
                ConditionalHint.named(.upstox, "GTT-1"), .named(.dhan, "GTT-\0"),
                .referred("CTST0000000000none"),
                .foreignOrder(.dhan, client: number, code: "other"),
                .foreignOrder(.zerodha, client: number, code: code), .unheard(AccountID(999)),
            ] {
                #expect(try await next(hint) == [3_600, 3_600], "\(hint)")
            }
            // Not before two seconds after the last look; here that is 100 seconds from now.
            let late = "now() + interval '98 seconds'"
            #expect(try await next(.named(.dhan, "GTT-1"), seen: late) == [100, 3_600])
            // What does not wait is not hastened.
            try await desk.run("UPDATE conditional_order SET state = 'TRIGGERED'", [])
            #expect(try await next(.named(.dhan, "GTT-1")) == [3_600, 3_600])
        }
    }

    @Test("Accounts whose conditional orders wait are followed after those whose orders rest")
    func followed() async throws {
        try await OrdersDesk.open { desk in
            let clients = try await desk.clients(2)
            let waiting = try await Self.waiting(desk, clients[0], "GTT-1", key: "one1")
            let live = try await desk.accepted(client: clients[1])
            func accounts(_ limit: Int) async throws -> [AccountID?] {
                try await desk.orders.liveAccounts(at: [.dhan], resting: .zero, limit: limit)
                    .map(\.account)
            }
            #expect(try await accounts(10) == [live.job.account, waiting.account])
            #expect(try await accounts(1) == [live.job.account])
            try await desk.run("UPDATE conditional_order SET state = 'CANCELLED'", [])
            #expect(try await accounts(10) == [live.job.account])
        }
    }

    @Test("An adopted order of an earlier day is looked at as one, and what fired it is kept")
    func earlierDay() async throws {
        try await OrdersDesk.open { desk in
            let client = try await desk.clients(1)[0]
            let store = FiredOrderTests.store(desk)
            let waiting = try await Self.waiting(desk, client, "GTT-1", key: "one1")
            let yesterday = try await desk.number(
                "SELECT (extract(epoch FROM now() - interval '1 day') * 1000000)::bigint",
                []
            )
            let moment = Timestamp(microseconds: yesterday)
            let changed = try #require(
                try await store.change(waiting.id, fence: nil, by: Actor(user: nil)) {
                    $0.see(
                        ConditionalReport(
                            brokerID: "GTT-1",
                            reference: nil,
                            status: .triggered,
                            content: $0.terms.content(code: "2885"),
                            createdAt: nil,
                            orders: [],
                            message: nil,
                            firedAt: moment,
                            hasFilled: true
                        ),
                        at: moment
                    )
                }
            )
            #expect(changed.firedAt == moment && changed.hasFilled)
            #expect(try await store.conditional(waiting.id, of: nil) == changed)
            for (id, at) in [("OLD", moment), ("NEW", nil)] as [(String, Timestamp?)] {
                let report = OrderReport(
                    brokerOrderID: id,
                    reference: nil,
                    status: .filled,
                    quantity: Quantity(10),
                    filled: Quantity(10),
                    message: nil,
                    particulars: OrderParticulars(side: .buy, code: "2885", at: at)
                )
                let adopted = try await store.adopt(report, of: waiting.id)
                let intent = try #require(
                    adopted?.fired.first { $0.brokerOrderID == id }?.intent
                )
                let order = try #require(try await desk.orders.liveOrders([intent]).first)
                #expect(order.pastDay == at.map { CalendarDay(containing: $0) })
                if let at { #expect(order.takenAt == at) } else { #expect(order.takenAt != nil) }
            }
        }
    }
}
