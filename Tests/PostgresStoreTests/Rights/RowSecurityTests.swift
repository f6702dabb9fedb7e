import Desk
import Postgres
import ServerTesting
import Testing
import Trading

@testable import PostgresStore

@Suite("What the database shows to whom", .needs(.postgres), .timeLimit(.minutes(5)))
struct RowSecurityTests {
    /// Tables that are for all, or for nobody but Volley.
    private static let notPrivate: Set<String> = [
        "installation", "instrument", "broker_instrument", "audit_seal", "schema_migration",
        "login_failure", "instrument_change", "instrument_load",
    ]

    @Test("A statement without any condition shows a trader nothing of another's, in every table")
    func everyTable() async throws {
        try await RightsDesk.open { desk in
            let tables = try await desk.privateTables()
            #expect(tables.count > 15)
            for table in tables {
                let all = try await desk.count(table)
                #expect(
                    all > desk.strangersOwn(table),
                    "\(table) has no row of the victim's: give it one in RightsDesk+Rows"
                )
                let stranger = try await desk.count(table, as: desk.stranger)
                #expect(stranger == desk.strangersOwn(table), "\(table)")
                let owner = try await desk.count(table, as: desk.owner)
                #expect(owner == all - desk.strangersOwn(table), "\(table)")
            }
        }
    }

    @Test("Every table is private, or named here as none: a new one cannot be forgotten")
    func noneForgotten() async throws {
        try await RightsDesk.open { desk in
            let open = try await desk.texts(
                """
                SELECT relname FROM pg_class
                WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p')
                  AND NOT relispartition AND NOT relrowsecurity
                """
            )
            #expect(Set(open).subtracting(Self.notPrivate).isEmpty)
            // Past the table that holds the policy there is no way in, nor to what is nobody's.
            for table in ["audit_log_rest", "audit_seal", "login_failure"] {
                await #expect(throws: StoreFailure.self) {
                    _ = try await desk.count(table, as: desk.owner)
                }
            }
        }
    }

    @Test("A client is shown what is its own, of the trader's other clients nothing")
    func clients() async throws {
        try await RightsDesk.open { desk in
            let viewer = desk.clientViewer
            #expect(try await desk.count("client", as: viewer) == 1)
            #expect(try await desk.count("funds", as: viewer) == 1)
            #expect(try await desk.count("holding", as: viewer) == 0)
            let orders = try await desk.count(
                "order_intent WHERE client_id = \(desk.secondClient)"
            )
            #expect(orders > 0)
            #expect(try await desk.count("order_intent", as: viewer) == orders)
            let tasks = try await desk.count(
                "bulk_task t WHERE EXISTS (SELECT FROM order_intent i WHERE i.task_id = t.id"
                    + " AND i.client_id = \(desk.secondClient))"
            )
            #expect(try await desk.count("bulk_task", as: viewer) == tasks)
            for table in ["api_key", "cancellation", "drift", "trader WHERE id <> trader.id"] {
                #expect(try await desk.count(table, as: viewer) == 0, "\(table)")
            }
        }
    }

    @Test("A trader can neither change nor remove nor make what is another's")
    func writing() async throws {
        try await RightsDesk.open { desk in
            let before = try await desk.everything()
            for table in try await desk.privateTables() {
                let column = try await desk.texts(
                    """
                    SELECT attname FROM pg_attribute WHERE attrelid = '\(table)'::regclass
                      AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
                      AND attidentity = '' ORDER BY attnum LIMIT 1
                    """
                )
                let name = try #require(column.first)
                // Those that the role may not do at all fail; the others find no row.
                for sql in [
                    "UPDATE \(table) SET \(name) = \(name) RETURNING 1", "DELETE FROM \(table)",
                ] {
                    let changed = try? await desk.run(sql, as: desk.stranger)
                    #expect((changed ?? 0) <= desk.strangersOwn(table), "\(sql)")
                }
            }
            let trader = desk.desk.trader
            for sql in [
                """
                INSERT INTO client (trader_id, code, name, status, capital)
                VALUES (\(trader), 'X', 'X', 'active', 0)
                """,
                "INSERT INTO halt (scope, subject, why) VALUES ('trader', '\(trader)', 'x')",
                "INSERT INTO halt (scope, subject, why) VALUES ('everything', '', 'x')",
                "INSERT INTO audit_log (action, trader_id) VALUES ('X', \(trader))",
                "INSERT INTO api_key (user_id, name, prefix, key_hash) "
                    + "VALUES (\(desk.desk.user), 'x', 'x', '\\x00')",
                "INSERT INTO holding (client_id, instrument_id, product, quantity, cost) "
                    + "VALUES (\(desk.firstClient), 99, 'CNC', 1, 1)",
            ] {
                await #expect(throws: StoreFailure.self, "\(sql)") {
                    _ = try await desk.run(sql, as: desk.stranger)
                }
            }
            let after = try await desk.everything()
            #expect(Set(after).symmetricDifference(before).isEmpty)
            #expect(after.count == before.count)
        }
    }

    @Test("Limits that an admin has set are shown to the trader, whose own are the next version")
    func limits() async throws {
        try await RightsDesk.open { desk in
            let store = PostgresLimitStore(pool: desk.desk.pool)
            let trader = desk.desk.trader
            for subject in [
                LimitSubject.trader(trader), .client(desk.secondClient, of: trader),
            ] {
                let before = try await store.limits(of: subject)?.version ?? 0
                let set = try await store.setLimits(
                    OrderLimits(),
                    of: subject,
                    why: "by an admin",
                    by: Actor(user: nil)
                )
                #expect(set.version == before + 1)
                try await Viewer.$current.withValue(desk.owner) {
                    #expect(try await store.limits(of: subject)?.why == "by an admin")
                    let next = try await store.setLimits(
                        OrderLimits(),
                        of: subject,
                        why: "by the trader",
                        by: Actor(user: desk.owner.user)
                    )
                    #expect(next.version == before + 2)
                }
                try await Viewer.$current.withValue(desk.stranger) {
                    let shown = try await store.limits(of: subject)
                    #expect(shown == nil)
                }
            }
        }
    }

    @Test("The connection that answered a trader shows Volley everything again")
    func afterwards() async throws {
        try await RightsDesk.open(connections: 1) { desk in
            let all = try await desk.count("client")
            #expect(try await desk.count("client", as: desk.stranger) == 0)
            #expect(try await desk.count("client") == all)
            await #expect(throws: StoreFailure.self) {
                _ = try await desk.run("SELECT 1 / 0", as: desk.stranger)
            }
            #expect(try await desk.count("client") == all)
            #expect(try await desk.texts("SELECT current_user::text = session_user") == ["true"])
        }
    }

    @Test("A trader's own requests go on as ever under the policies")
    func ownWork() async throws {
        try await RightsDesk.open { desk in
            try await Viewer.$current.withValue(desk.owner) {
                let client = try await desk.desk.planlessTrade()
                let (head, _) = try await desk.desk.cancel(.task(client))
                #expect(head.trader == desk.desk.trader)
            }
            // As a stranger the same task does not exist.
            let task = try await desk.desk.planlessTrade()
            try await Viewer.$current.withValue(desk.stranger) {
                let asked = try await desk.desk.orders.askToCancel(
                    CancelRequest(
                        trader: nil,
                        user: desk.stranger.user,
                        address: nil,
                        idempotencyKey: "mine",
                        bodyHash: [1],
                        scope: .task(task)
                    )
                )
                guard case .notFound = asked else { throw Unexpected("\(asked)") }
                #expect(try await desk.desk.trades.trade(task) == nil)
            }
        }
    }
}
