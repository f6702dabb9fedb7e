import Desk
import DeskTesting
import Postgres
import ServerTesting
import Testing
import Trading

@testable import PostgresStore

@Suite(.needs(.postgres), .timeLimit(.minutes(10))) struct AuditReadingTests {
    private static let insert = PostgresStatement(
        """
        INSERT INTO audit_log (at, action, user_id, trader_id, client_id, detail)
        VALUES ($1, $2, $3::bigint, $4::bigint, $5::bigint, '{}')
        """
    )

    /// Rows over weeks, some at the same moment, some in another order than that of their ids.
    private func fill(_ world: AuditWorld) async throws -> MemoryAuditLog {
        let memory = MemoryAuditLog()
        let start = ManualClock.morning
        for number in 0..<120 {
            let hours = [0, 0, 1, 30, 200, 500][number % 6] + number / 7
            let at = start.advanced(by: .seconds(-3_600 * hours))
            let action = number % 3 == 0 ? "HALT_ON" : "ORDER_SENT"
            let user = number % 4 == 0 ? Int64(number % 5) : nil
            let trader = Int64(1 + number % 2)
            let client = number % 3 == 0 ? nil : Int64(10 + number % 7)
            _ = try await world.pool.query(
                Self.insert,
                [
                    .timestamp(at.microseconds), .text(action), user.map { .int($0) } ?? .null,
                    .int(trader), client.map { .int($0) } ?? .null,
                ]
            )
            memory.tamper {
                $0.rows.append(
                    AuditRecord(
                        id: Int64(number + 1),
                        at: at,
                        user: user.map { UserID($0) },
                        address: nil,
                        action: action,
                        trader: TraderID(trader),
                        client: client.map { ClientID($0) },
                        task: nil,
                        intent: nil,
                        state: nil,
                        detail: "{}"
                    )
                )
            }
        }
        return memory
    }

    private func all(_ log: any AuditLog, _ query: AuditQuery) async throws -> [AuditRecord] {
        var query = query
        var all: [AuditRecord] = []
        while true {
            let page = try await log.entries(query)
            all += page
            guard let last = page.last, page.count == query.limit else { return all }
            query.before = AuditQuery.Place(at: last.at, id: last.id)
        }
    }

    @Test func `pages and filters give the same rows as the log in memory`() async throws {
        try await AuditWorld.open { world in
            let memory = try await fill(world)
            let end = ManualClock.morning.advanced(by: .seconds(1))
            let day = 86_400
            for (days, limit) in [(60, 7), (60, 200), (1, 3), (0, 5)] {
                let from = end.advanced(by: .seconds(-days * day - 2))
                let queries = [
                    AuditQuery(from: from, to: end, limit: limit),
                    AuditQuery(from: from, to: end, action: "HALT_ON", limit: limit),
                    AuditQuery(from: from, to: end, action: "NONE", limit: limit),
                    AuditQuery(from: from, to: end, trader: TraderID(2), limit: limit),
                    AuditQuery(from: from, to: end, client: ClientID(12), limit: limit),
                    AuditQuery(from: from, to: end, user: UserID(3), limit: limit),
                    AuditQuery(
                        from: from,
                        to: end.advanced(by: .seconds(-day)),
                        action: "ORDER_SENT",
                        trader: TraderID(1),
                        client: ClientID(11),
                        limit: limit
                    ),
                ]
                for query in queries {
                    let expected = try await all(memory, query)
                    #expect(try await all(world.log, query) == expected)
                }
            }
        }
    }

    @Test func `every field of a row is read`() async throws {
        try await AuditWorld.open { world in
            _ = try await world.pool.query(
                PostgresStatement(
                    """
                    INSERT INTO audit_log (at, user_id, address, action, trader_id, client_id,
                                           task_id, intent_id, state, detail)
                    VALUES ($1, 1, '192.0.2.1', 'A', 2, 3, 4, 5, 'FILLED', '{"b": 1.50, "a": "₹"}')
                    """
                ),
                [.timestamp(ManualClock.morning.microseconds)]
            )
            let query = AuditQuery(
                from: ManualClock.morning,
                to: ManualClock.morning.advanced(by: .seconds(1)),
                limit: 5
            )
            let row = AuditRecord(
                id: 1,
                at: ManualClock.morning,
                user: UserID(1),
                address: "192.0.2.1",
                action: "A",
                trader: TraderID(2),
                client: ClientID(3),
                task: TaskID(4),
                intent: IntentID(5),
                state: "FILLED",
                detail: #"{"a": "₹", "b": 1.50}"#
            )
            #expect(try await world.log.entries(query) == [row])
            let times = row.at...row.at
            #expect(try await world.log.rows(1...1, times) == [row])
        }
    }
}
