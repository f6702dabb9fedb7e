import Desk
import Postgres
import ServerTesting
import Testing
import Trading

@testable import PostgresStore

@Suite(.needs(.postgres), .timeLimit(.minutes(10))) struct AuditTamperingTests {
    private static let add = """
        INSERT INTO audit_log (id, at, action) OVERRIDING SYSTEM VALUE
        """

    /// What a superuser does to rows 1 to 9 in three seals, and what must be said of it.
    static let crimes: [(sql: String, fault: AuditFault)] = [
        ("UPDATE audit_log SET action = 'X' WHERE id = 5", .rowChanged(5, seal: 2)),
        ("UPDATE audit_log SET user_id = 0 WHERE id = 5", .rowChanged(5, seal: 2)),
        ("UPDATE audit_log SET detail = NULL WHERE id = 1", .rowChanged(1, seal: 1)),
        (
            "UPDATE audit_log SET detail = '{\"line\": \"₹1,251\"}' WHERE id = 9",
            .rowChanged(9, seal: 3)
        ),
        ("UPDATE audit_log SET at = at + interval '1 us' WHERE id = 6", .rowChanged(6, seal: 2)),
        // Into another partition.
        ("UPDATE audit_log SET at = at - interval '3 years' WHERE id = 6", .rowChanged(6, seal: 2)),
        (
            "ALTER TABLE audit_log ALTER id DROP IDENTITY; "
                + "UPDATE audit_log SET id = 600 WHERE id = 6",
            .rowMissing(6, seal: 2)
        ),
        ("DELETE FROM audit_log WHERE id = 4", .rowMissing(4, seal: 2)),
        ("TRUNCATE audit_log", .rowMissing(1, seal: 1)),
        (
            "\(add) SELECT 5, at, 'X' FROM audit_log WHERE id = 5",
            .rowAdded(5, seal: 2)
        ),
        ("\(add) VALUES (5, '2020-01-01', 'X')", .rowAdded(5, seal: 2)),
        ("\(add) VALUES (0, now(), 'X')", .rowForged(0)),
        ("DELETE FROM audit_seal WHERE number = 2", .sealMissing(2)),
        ("DELETE FROM audit_seal WHERE number = 1", .sealMissing(1)),
        ("UPDATE audit_seal SET row_count = 2 WHERE number = 2", .sealEdited(2)),
        ("UPDATE audit_seal SET sealed_at = now() WHERE number = 2", .sealEdited(2)),
        ("UPDATE audit_seal SET hash = rows_hash WHERE number = 2", .sealEdited(2)),
        ("UPDATE audit_seal SET marks = set_byte(marks, 3, 7) WHERE number = 3", .sealEdited(3)),
        (
            "UPDATE audit_seal SET previous = rows_hash WHERE number = 2",
            .sealEdited(2)
        ),
    ]

    @Test(arguments: crimes.indices)
    func `what a superuser does to rows and seals is found and named`(_ index: Int) async throws {
        try await AuditWorld.open { world in
            try await world.prepare()
            let good = try await world.verify()
            #expect(good.fault == nil && good.seals == 3 && good.rows == 9)
            try await world.tamper(Self.crimes[index].sql)
            let verdict = try await world.verify()
            #expect(verdict.fault == Self.crimes[index].fault, "\(Self.crimes[index].sql)")
        }
    }

    @Test func `a row that was added in a gap is found`() async throws {
        try await AuditWorld.open { world in
            try await world.write(1)
            _ = try await world.number("SELECT nextval('audit_log_id_seq')")
            try await world.write(1)
            try await world.sealAll()
            #expect(try await world.verify().fault == nil)
            try await world.tamper(
                "\(Self.add) SELECT 2, at, 'X' FROM audit_log WHERE id = 3"
            )
            #expect(try await world.verify().fault == .rowAdded(2, seal: 1))
        }
    }

    @Test func `a chain that was made anew is whole, and found by a hash kept elsewhere`()
        async throws
    {
        try await AuditWorld.open { world in
            try await world.prepare()
            let kept = try #require(try await world.log.lastSeal()).hash
            #expect(try await world.verify(head: kept).fault == nil)
            try await world.tamper(
                "UPDATE audit_log SET action = 'X' WHERE id = 5; DELETE FROM audit_seal"
            )
            try await world.sealAll()
            #expect(try await world.verify().fault == nil)
            #expect(try await world.verify(head: kept).fault == .headUnknown)
        }
    }

    @Test func `a chain cut at its end, with its rows, is found by a hash kept elsewhere`()
        async throws
    {
        try await AuditWorld.open { world in
            try await world.prepare()
            let kept = try #require(try await world.log.lastSeal()).hash
            try await world.tamper(
                "DELETE FROM audit_log WHERE id > 6; DELETE FROM audit_seal WHERE number = 3"
            )
            let verdict = try await world.verify(head: kept)
            #expect(verdict.fault == .headUnknown && verdict.seals == 2)
        }
    }

    @Test func `rows that are not sealed yet are said to be so`() async throws {
        try await AuditWorld.open { world in
            try await world.write(2)
            let none = try await world.verify()
            #expect(none.fault == nil && none.seals == 0 && none.unsealed.count == 2)
            try await world.sealAll()
            try await world.write(1)
            let some = try await world.verify()
            #expect(some.fault == nil && some.rows == 2 && some.unsealed.count == 1)
            #expect(some.unsealed.oldest != nil)
            #expect(try await world.seal.standing().sealed == 2)
        }
    }

    @Test func `a row of long ago is sealed like any other`() async throws {
        try await AuditWorld.open { world in
            try await world.prepare()
            try await world.write(1)
            _ = try await world.pool.query(
                PostgresStatement(
                    "INSERT INTO audit_log (at, action) VALUES ('2020-01-01', 'A')"
                )
            )
            try await world.sealAll()
            let verdict = try await world.verify()
            #expect(verdict.fault == nil && verdict.rows == 11 && verdict.seals == 4)
            try await world.tamper("UPDATE audit_log SET action = 'X' WHERE id = 11")
            #expect(try await world.verify().fault == .rowChanged(11, seal: 4))
        }
    }

    @Test func `a period checks the rows of its days`() async throws {
        try await AuditWorld.open { world in
            for day in ["2026-01-05", "2026-01-06", "2026-02-01"] {
                _ = try await world.pool.query(
                    PostgresStatement(
                        "INSERT INTO audit_log (at, action) VALUES ($1::timestamptz, 'A')"
                    ),
                    [.text(day + " 12:00+05:30")]
                )
                try await world.sealAll()
            }
            let day = try #require(CalendarDay("2026-01-06"))
            let period = day.time(0, 0)..<day.advanced(by: 1).time(0, 0)
            let verdict = try await world.verify(period)
            #expect(verdict.fault == nil && verdict.rows == 1 && verdict.seals == 3)
            try await world.tamper("UPDATE audit_log SET action = 'X' WHERE id = 3")
            #expect(try await world.verify(period).fault == nil)
            #expect(try await world.verify().fault == .rowChanged(3, seal: 3))
        }
    }
}
