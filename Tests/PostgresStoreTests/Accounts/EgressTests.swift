import Desk
import Postgres
import ServerTesting
import Testing
import Trading

@testable import PostgresStore

/// Where accounts' orders leave from, in plans, in readiness and in the audit log.
@Suite(.needs(.postgres)) struct EgressTests {
    private static let now = Timestamp(microseconds: 1_800_000_000_000_000)

    @Test(
        "A plan skips the accounts that the rules skip for their address",
        arguments: [true, false]
    )
    func plan(_ requiresEgress: Bool) async throws {
        try await withAccountsWorld { world in
            _ = try await world.instruments.load([world.listing("ONE")], of: .dhan, by: world.actor)
            for standing in EgressStanding.allCases {
                for (number, egress) in [nil, "10.0.0.1", "socks5://h:1"].enumerated() {
                    let code = "\(standing) \(number)"
                    let client = try await world.client(code)
                    let account = try await world.connect(client.id, code, leaving: egress)
                    try await world.set(standing, of: try #require(account))
                }
            }
            _ = try await world.client("paper")
            let all = try await world.page()
            let instrument = try #require(
                try await world.instruments.instrument("ONE", at: .nse)
            )
            let rules = Eligibility(
                halts: Halts([]),
                marketIsOpen: true,
                brokers: [.dhan, .paper],
                now: Self.now,
                instrument: instrument.id,
                requiresEgress: requiresEgress
            )
            let planned = try await plan(all.map(\.client.id), requiresEgress, in: world)
            #expect(planned.count == 10)
            var seen: Set<Reason?> = []
            for details in all {
                let expected = rules.obstacle(
                    for: details.client,
                    account: details.accounts.first,
                    isListed: true
                )
                #expect(planned[details.client.id] == .some(expected), "\(details.client.code)")
                seen.insert(expected)
            }
            #expect(seen.contains(.egressNotRegistered) && seen.contains(nil))
            #expect(seen.contains(.egressMissing) == requiresEgress)
        }
    }

    @Test("What the broker says of an address is kept until it says otherwise or a token comes")
    func standing() async throws {
        try await withAccountsWorld { world in
            let client = try await world.client("C1")
            _ = try await world.connect(client.id, "D1", leaving: "10.0.0.2")
            let wrong = CheckedSession.Addresses(
                standing: .notRegistered,
                words: "the broker has 10.0.0.1 on its list"
            )
            try await note(world, addresses: wrong)
            let row = try #require(try await readiness(world).rows.first)
            #expect(row.state == .wrongAddress && row.words == wrong.words)
            #expect(
                try await world.accounts.client(client.id)?.accounts.first?.egressStanding
                    == .notRegistered
            )
            // Nothing was said of it this time.
            try await note(world, addresses: nil)
            #expect(try await readiness(world).rows.first?.state == .wrongAddress)
            try await note(world, addresses: .init(standing: .registered, words: nil))
            #expect(try await readiness(world).rows.isEmpty)
            try await note(world, addresses: wrong)
            // A new token comes with an address of its own.
            _ = try await world.connect(client.id, "D1", leaving: "10.0.0.1")
            #expect(try await readiness(world).rows.first?.state == .unchecked)
        }
    }

    @Test("An account without an address is not ready where it must have one")
    func lacking() async throws {
        try await withAccountsWorld { world in
            let client = try await world.client("C1")
            _ = try await world.connect(client.id, "D1", leaving: nil)
            try await note(world, addresses: nil)
            #expect(try await readiness(world).rows.isEmpty)
            let strict = try await readiness(world, requiresEgress: true)
            #expect(strict.rows.map(\.state) == [.noAddress])
            #expect(strict.counts.map(\.state) == [.noAddress])
        }
    }

    @Test("What is done at a broker is in the audit log, stage by stage, without anything secret")
    func actions() async throws {
        try await withAccountsWorld { world in
            let client = try await world.client("C1")
            let account = try #require(
                try await world.connect(client.id, "D1", leaving: "socks5://u:sesame@h:1")
            )
            for kind in BrokerAction.Kind.allCases {
                var action = BrokerAction(
                    kind,
                    of: account,
                    trader: world.trader,
                    reason: "because \u{7}",
                    inputs: [("on", "true")]
                )
                for stage in [BrokerAction.Stage.begun, .failed("DH-906: open orders"), .done] {
                    action.stage = stage
                    try await world.accounts.note(action, by: world.actor)
                }
            }
            let rows = try await world.pool.query(
                PostgresStatement(
                    """
                    SELECT action, client_id, user_id, detail::text FROM audit_log
                    WHERE detail ? 'stage' ORDER BY id
                    """
                )
            )
            #expect(rows.count == 3 * BrokerAction.Kind.allCases.count)
            for (row, kind) in zip(rows, BrokerAction.Kind.allCases.flatMap { [$0, $0, $0] }) {
                #expect(row.text(0) == kind.rawValue && row.int(1) == client.id.raw)
                #expect(row.int(2) == world.actor.user?.raw)
                #expect(row.text(3).contains("because") && !row.text(3).contains("sesame"))
            }
            #expect(rows[1].text(3).contains("DH-906"))
        }
    }

    @Test("An instrument is found by the name that an account's broker has for it")
    func listing() async throws {
        try await withAccountsWorld { world in
            _ = try await world.instruments.load(
                [world.listing("ONE", code: "77")],
                of: .dhan,
                by: world.actor
            )
            let found = try await world.accounts.listing("one", at: .nse, of: .dhan)
            #expect(found?.code == "77" && found?.segment == "NSE_EQ")
            #expect(try await world.accounts.listing("ONE", at: .bse, of: .dhan) == nil)
            #expect(try await world.accounts.listing("ONE", at: .nse, of: .groww) == nil)
            #expect(try await world.accounts.listing("TWO", at: .nse, of: .dhan) == nil)
        }
    }

    private func note(_ world: AccountsWorld, addresses: CheckedSession.Addresses?) async throws {
        let tomorrow = Timestamp(microseconds: Self.now.microseconds * 2)
        let due = try await world.accounts.sessionsToCheck(at: [.dhan], since: tomorrow, limit: 9)
        let session = try #require(due.first)
        try await world.accounts.noteChecks([
            CheckedSession(
                account: try #require(session.session.account),
                stamp: session.stamp,
                result: .good,
                words: nil,
                ends: nil,
                addresses: addresses
            )
        ])
    }

    private func readiness(_ world: AccountsWorld, requiresEgress: Bool = false) async throws
        -> Readiness
    {
        try await world.accounts.readiness(
            ReadinessQuery(
                trader: world.trader,
                broker: nil,
                state: nil,
                now: Self.now,
                close: nil,
                after: nil,
                limit: 10,
                requiresEgress: requiresEgress
            )
        )
    }

    private func plan(_ clients: [ClientID], _ requiresEgress: Bool, in world: AccountsWorld)
        async throws -> [ClientID: Reason?]
    {
        let trades = PostgresTradeStore(
            pool: world.pool,
            brokers: [.dhan, .paper],
            requiresEgress: requiresEgress
        )
        let submitted = try await trades.submit(
            Submission(
                trader: world.trader,
                user: try #require(world.actor.user),
                idempotencyKey: TestNames.unique(),
                bodyHash: [1],
                terms: OrderTerms(
                    instrument: try #require(
                        try await world.instruments.instrument("ONE", at: .nse)
                    ),
                    side: .buy,
                    type: .market,
                    product: .delivery,
                    validity: .day,
                    price: nil,
                    trigger: nil
                ),
                sizing: .quantity(Quantity(1)),
                clients: .named(clients)
            )
        )
        guard case .created(let trade) = submitted else { return [:] }
        _ = try await trades.plan(trade.id, referencePrice: nil, marketOpen: true)
        let rows = try await world.pool.query(
            PostgresStatement(
                "SELECT client_id, reason FROM order_intent WHERE task_id = $1::bigint"
            ),
            [.int(trade.id.raw)]
        )
        var reasons: [ClientID: Reason?] = [:]
        for row in rows {
            let reason = row.optionalText(1).flatMap { Reason(rawValue: $0) }
            reasons[ClientID(row.int(0))] = .some(reason)
        }
        return reasons
    }
}

extension AccountsWorld {
    /// Connects an account at Dhan whose orders leave from there.
    fileprivate func connect(_ client: ClientID, _ number: String, leaving egress: String?)
        async throws -> BrokerAccount?
    {
        try await accounts.connect(
            AccountDraft(
                client: client,
                broker: .dhan,
                brokerClientID: number,
                token: Secret("token"),
                sessionEnds: nil,
                egress: egress
            ),
            by: actor
        )
    }

    fileprivate func set(_ standing: EgressStanding, of account: BrokerAccount) async throws {
        _ = try await pool.query(
            PostgresStatement(
                "UPDATE broker_account SET egress_standing = $2::text WHERE id = $1::bigint"
            ),
            [.int(account.id.raw), .text(standing.rawValue)]
        )
    }
}
