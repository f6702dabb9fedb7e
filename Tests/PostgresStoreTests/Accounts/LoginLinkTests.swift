import Desk
import Postgres
import Secrets
import ServerTesting
import Testing
import Trading

@testable import PostgresStore

@Suite(.needs(.postgres)) struct LoginLinkTests {
    /// A new link to an account, good for so long.
    private func link(
        _ world: AccountsWorld,
        to account: AccountID,
        seconds: Int64 = 900
    ) async throws -> LoginLink {
        let rows = try await world.pool.query(PostgresStatement("SELECT now()"))
        let link = LoginLink(
            mark: Tokens.random(bytes: 16),
            account: account,
            ends: Timestamp(microseconds: rows[0].timestamp(0) + seconds * 1_000_000)
        )
        try await world.accounts.noteLink(link, by: world.actor)
        return link
    }

    @Test("A link is used once, whoever comes at the same moment")
    func once() async throws {
        try await withAccountsWorld { world in
            let client = try await world.client("C1")
            let account = try #require(try await world.connect(client.id))
            for _ in 0..<5 {
                let link = try await link(world, to: account.id)
                let found = try await withThrowingTaskGroup(of: BrokerAccount?.self) { group in
                    for _ in 0..<6 {
                        group.addTask {
                            try await world.accounts.useLink(link.mark, of: account.id, at: .dhan)
                        }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                #expect(found.compactMap(\.self) == [account])
            }
        }
    }

    @Test("A link is good for its account, broker and time alone")
    func bounds() async throws {
        try await withAccountsWorld { world in
            let first = try await world.client("C1")
            let second = try await world.client("C2")
            let mine = try #require(try await world.connect(first.id, number: "N1"))
            let other = try #require(try await world.connect(second.id, number: "N2"))
            let over = try await link(world, to: mine.id, seconds: -1)
            let accounts = world.accounts
            #expect(try await !accounts.hasOpenLinks(at: .dhan))
            let good = try await link(world, to: mine.id)
            #expect(try await accounts.hasOpenLinks(at: .dhan))
            #expect(try await !accounts.hasOpenLinks(at: .upstox))
            #expect(try await accounts.useLink(over.mark, of: mine.id, at: .dhan) == nil)
            #expect(try await accounts.useLink(good.mark, of: other.id, at: .dhan) == nil)
            #expect(try await accounts.useLink(good.mark, of: mine.id, at: .zerodha) == nil)
            #expect(try await accounts.useLink([1, 2, 3], of: mine.id, at: .dhan) == nil)
            #expect(try await accounts.useLinks(ofNumber: "N2", at: .dhan) == nil)
            #expect(try await accounts.useLinks(ofNumber: "N1", at: .zerodha) == nil)
            #expect(try await accounts.useLink(good.mark, of: mine.id, at: .dhan) == mine)
            #expect(try await !accounts.hasOpenLinks(at: .dhan))
        }
    }

    @Test("A login without a state uses up all links of its account")
    func byNumber() async throws {
        try await withAccountsWorld { world in
            let client = try await world.client("C1")
            let account = try #require(try await world.connect(client.id, number: "N1"))
            let links = [
                try await link(world, to: account.id), try await link(world, to: account.id),
            ]
            #expect(try await world.accounts.useLinks(ofNumber: "N1", at: .dhan) == account)
            #expect(try await world.accounts.useLinks(ofNumber: "N1", at: .dhan) == nil)
            for link in links {
                let again = try await world.accounts.useLink(link.mark, of: account.id, at: .dhan)
                #expect(again == nil)
            }
        }
    }

    @Test("Links of a forgotten account and of an archived client are worth nothing")
    func gone() async throws {
        try await withAccountsWorld { world in
            let client = try await world.client("C1")
            let account = try #require(try await world.connect(client.id))
            let accounts = world.accounts
            // Also of one that was forgotten before the link was made.
            for _ in 0..<2 {
                let link = try await link(world, to: account.id)
                #expect(try await accounts.disconnect(account.id, of: client.id, by: world.actor))
                #expect(try await accounts.useLink(link.mark, of: account.id, at: .dhan) == nil)
            }
            let link = try await link(world, to: account.id)
            var change = ClientChange()
            change.status = .archived
            _ = try await accounts.updateClient(client.id, change, by: world.actor)
            #expect(try await accounts.useLink(link.mark, of: account.id, at: .dhan) == nil)
            #expect(try await accounts.useLinks(ofNumber: "1000000001", at: .dhan) == nil)
        }
    }

    @Test("Who made a link, and that the client logged in, is written down without a secret")
    func audit() async throws {
        try await withAccountsWorld { world in
            let client = try await world.client("C1")
            let account = try #require(try await world.connect(client.id))
            let link = try await link(world, to: account.id)
            let stored = try await world.accounts.connect(
                AccountDraft(
                    client: client.id,
                    broker: .dhan,
                    brokerClientID: "1000000001",
                    token: Secret("token-of-login"),
                    sessionEnds: nil,
                    egress: nil,
                    isLogin: true
                ),
                by: Actor(user: nil, address: "198.51.100.9")
            )
            #expect(stored?.id == account.id)
            let lines = try await world.audit(of: client.id).suffix(2)
            #expect(lines.map(\.action) == ["LOGIN_LINK_MADE", "LOGGED_IN_AT_BROKER"])
            #expect(lines.map(\.user) == [world.actor.user, nil])
            #expect(lines.last?.address == "198.51.100.9")
            #expect(lines.allSatisfy { $0.trader == world.trader })
            #expect(try await world.tablesContaining("token-of-login").isEmpty)
            #expect(lines.first?.detail.contains(Tokens.base64URL(link.mark)) == false)
        }
    }

    @Test("Links that ended long ago are swept away when the next is made")
    func sweep() async throws {
        try await withAccountsWorld { world in
            let client = try await world.client("C1")
            let account = try #require(try await world.connect(client.id))
            for _ in 0..<3 { _ = try await link(world, to: account.id, seconds: -90_000) }
            _ = try await link(world, to: account.id)
            #expect(try await world.count("login_link") == 1)
        }
    }
}
