import Desk
import Postgres
import ServerTesting
import Testing
import Trading

@testable import PostgresStore

@Suite(.needs(.postgres)) struct SessionRenewalTests {
    private func due(
        _ world: AccountsWorld,
        _ account: AccountID? = nil,
        endBefore: Timestamp? = nil
    ) async throws -> [SessionToCheck] {
        try await world.accounts.sessionsToRenew(
            RenewalQuery(brokers: [.dhan], account: account, endBefore: endBefore, limit: 9)
        )
    }

    private func connect(
        _ world: AccountsWorld,
        _ client: ClientID,
        token: String = "first",
        endingIn seconds: Int64 = 600,
        isLogin: Bool = false
    ) async throws -> BrokerAccount {
        let ends = try await world.now().advanced(by: .seconds(seconds))
        let draft = AccountDraft(
            client: client,
            broker: .dhan,
            brokerClientID: "1000000001",
            token: Secret(token),
            sessionEnds: ends,
            egress: "192.0.2.7",
            isLogin: isLogin
        )
        return try #require(try await world.accounts.connect(draft, by: world.actor))
    }

    @Test("A token that was brought is due before its end; one of a login, or that is over, never")
    func isDue() async throws {
        try await withAccountsWorld { world in
            let client = try await world.client("C1")
            let account = try await connect(world, client.id)
            let now = try await world.now()
            let soon = now.advanced(by: .seconds(300))
            let later = now.advanced(by: .seconds(3_600))
            #expect(try await due(world, endBefore: soon).isEmpty)
            let found = try #require(try await due(world, endBefore: later).first)
            #expect(found.session.token.reveal() == "first" && found.session.account == account.id)
            #expect(try await due(world, account.id).count == 1)
            #expect(try await due(world, AccountID(account.id.raw + 1)).isEmpty)
            _ = try await connect(world, client.id, token: "of-a-login", isLogin: true)
            #expect(try await due(world, endBefore: later).isEmpty)
            #expect(try await due(world, account.id).isEmpty)
            _ = try await connect(world, client.id, token: "over", endingIn: -1)
            #expect(try await due(world, endBefore: later).isEmpty)
            #expect(try await due(world, account.id).isEmpty)
        }
    }

    @Test("A renewed token is sealed in the place of the old one, with a line in the audit log")
    func kept() async throws {
        try await withAccountsWorld { world in
            let client = try await world.client("C1")
            let account = try await connect(world, client.id)
            let old = try #require(try await world.accounts.session(account.id))
            let ends = try await world.now().advanced(by: .seconds(86_400))
            let new = RenewedSession(from: old, token: Secret("second-token"), ends: ends)
            // A worker that was refused with the old token has just marked the session.
            try await world.accounts.markExpired([old])
            #expect(try await world.accounts.keepRenewed(new, by: world.actor))
            let session = try #require(try await world.accounts.session(account.id))
            #expect(session.token.reveal() == "second-token" && session.egress == "192.0.2.7")
            let trail = try await world.audit(of: client.id)
            let line = try #require(trail.first { $0.action == "SESSION_RENEWED" })
            #expect(line.detail.contains("\(account.id.raw)"))
            for token in ["first", "second-token"] {
                #expect(!trail.contains { $0.detail.contains(token) })
                let clear = try await world.pool.query(
                    PostgresStatement(
                        "SELECT count(*) FROM broker_account WHERE position($1::bytea IN token) > 0"
                    ),
                    [.bytes(Array(token.utf8))]
                )
                #expect(clear[0].int(0) == 0)
            }
            // The old token may be heard of late, and is worth no second renewal.
            try await world.accounts.markExpired([old])
            #expect(try await world.accounts.session(account.id) != nil)
            #expect(try await !world.accounts.keepRenewed(new, by: world.actor))
            // A renewed token is renewed in its turn.
            #expect(try await due(world, account.id).count == 1)
        }
    }

    @Test("Of a token that was forgotten or replaced meanwhile nothing new is kept")
    func gone() async throws {
        try await withAccountsWorld { world in
            let client = try await world.client("C1")
            let account = try await connect(world, client.id)
            let old = try #require(try await world.accounts.session(account.id))
            let new = RenewedSession(from: old, token: Secret("second"), ends: nil)
            _ = try await connect(world, client.id, token: "brought")
            #expect(try await !world.accounts.keepRenewed(new, by: world.actor))
            #expect(try await world.accounts.session(account.id)?.token.reveal() == "brought")
            let brought = try #require(try await world.accounts.session(account.id))
            _ = try await world.accounts.disconnect(account.id, of: client.id, by: world.actor)
            let late = RenewedSession(from: brought, token: Secret("third"), ends: nil)
            #expect(try await !world.accounts.keepRenewed(late, by: world.actor))
            #expect(try await world.accounts.session(account.id) == nil)
            let trail = try await world.audit(of: client.id)
            #expect(!trail.contains { $0.action == "SESSION_RENEWED" })
        }
    }

    @Test("A renewal that failed rests, has the session tried, and shows why where that matters")
    func failed() async throws {
        try await withAccountsWorld { world in
            let client = try await world.client("C1")
            let account = try await connect(world, client.id)
            let morning = try await world.now().advanced(by: .seconds(-3_600))
            let later = try await world.now().advanced(by: .seconds(3_600))
            let checks = { () async throws -> [SessionToCheck] in
                try await world.accounts.sessionsToCheck(at: [.dhan], since: morning, limit: 9)
            }
            let check = try #require(try await checks().first)
            try await world.accounts.noteChecks([
                CheckedSession(
                    account: account.id,
                    stamp: check.stamp,
                    result: .good,
                    words: nil,
                    ends: nil
                )
            ])
            #expect(try await checks().isEmpty)
            func fail(_ stamp: [UInt8], isFinal: Bool) async throws {
                try await world.accounts.noteRenewalFailure(
                    FailedRenewal(
                        account: account.id,
                        stamp: stamp,
                        words: "no answer",
                        isFinal: isFinal
                    )
                )
            }
            // Said of another token, it counts for nothing.
            try await fail([1, 2, 3], isFinal: true)
            #expect(try await due(world, endBefore: later).count == 1)
            try await fail(check.stamp, isFinal: false)
            #expect(try await due(world, endBefore: later).isEmpty)
            #expect(try await due(world, account.id).count == 1)
            #expect(try await checks().count == 1)
            let readiness = try await world.accounts.readiness(
                ReadinessQuery(
                    trader: nil,
                    broker: nil,
                    state: nil,
                    now: try await world.now(),
                    close: later,
                    after: nil,
                    limit: 9
                )
            )
            #expect(readiness.rows.first?.state == .endsEarly)
            #expect(readiness.rows.first?.words == "not renewed: no answer")
            try await fail(check.stamp, isFinal: true)
            #expect(try await due(world, account.id).isEmpty)
            // The next token that is brought is another matter.
            _ = try await connect(world, client.id, token: "next")
            #expect(try await due(world, endBefore: later).count == 1)
        }
    }
}
