import Desk
import Postgres
import ServerTesting
import Testing
import Trading

@testable import PostgresStore

/// The plan's one statement against the rules in Trading, over every combination of what they see.
@Suite(.needs(.postgres)) struct EligibilityOracleTests {
    private let brokers: Set<BrokerName> = [.dhan, .paper]

    @Test("The plan skips exactly the clients that the rules skip, for the same reasons")
    func plan() async throws {
        try await withAccountsWorld { world in
            try await clients(in: world)
            let all = try await world.page()
            #expect(all.count == 28)
            _ = try await world.instruments.load(
                [world.listing("LISTED")],
                of: .dhan,
                by: world.actor
            )
            _ = try await world.instruments.load(
                [world.listing("LISTED"), world.listing("UNLISTED")],
                of: .upstox,
                by: world.actor
            )
            let one = try #require(all.first { $0.client.status == .active })
            let listed = try #require(
                try await world.instruments.instrument("LISTED", at: .nse)
            )
            let halts: [[Halts.Scope]] = [
                [], [.everything], [.broker(.dhan)], [.broker(.paper)], [.trader(world.trader)],
                [.client(one.client.id)], [.broker(.zerodha), .client(one.client.id)],
                [.symbol(listed.id)], [.symbol(listed.id), .trader(world.trader)],
            ]
            var seen: Set<Reason> = []
            for scopes in halts {
                for scope in scopes {
                    try await world.accounts.setHalt(scope, on: true, why: "", by: world.actor)
                }
                for isOpen in [true, false] {
                    for symbol in ["LISTED", "UNLISTED"] {
                        let traded = try await world.instruments.instrument(symbol, at: .nse)
                        let rules = Eligibility(
                            halts: Halts(scopes),
                            marketIsOpen: isOpen,
                            brokers: brokers,
                            now: Timestamp(microseconds: 1_800_000_000_000_000),
                            instrument: try #require(traded).id
                        )
                        let planned = try await plan(symbol, for: all, isOpen: isOpen, in: world)
                        for details in all {
                            let expected = rules.obstacle(
                                for: details.client,
                                account: Self.account(of: details),
                                isListed: symbol == "LISTED"
                            )
                            let note: Comment =
                                "\(details.client.code) \(symbol) \(isOpen) \(scopes)"
                            #expect(planned[details.client.id] == .some(expected), note)
                            if let expected { seen.insert(expected) }
                        }
                    }
                }
                for scope in scopes {
                    try await world.accounts.setHalt(scope, on: false, why: "", by: world.actor)
                }
            }
            // Every rule has had its say.
            #expect(seen.count == 13)
        }
    }

    /// Each status with each kind of account.
    private func clients(in world: AccountsWorld) async throws {
        let past = Timestamp(microseconds: 1_000_000)
        for status in Client.Status.allCases {
            func row(
                _ kind: String,
                _ broker: BrokerName?,
                token: String? = "t",
                ends: Timestamp? = nil
            ) -> ClientImport {
                world.row(
                    "\(status) \(kind)",
                    status: status,
                    broker: broker,
                    number: "\(status) \(kind)",
                    token: token,
                    ends: ends
                )
            }
            let ids = try await world.accounts.importClients(
                [
                    row("none", nil), row("connected", .dhan), row("ended", .dhan, ends: past),
                    row("expired", .dhan), row("disconnected", .dhan, token: nil),
                    row("unsupported", .zerodha), row("replaced", .zerodha),
                ],
                by: world.actor
            ).compactMap(\.self)
            let expired = try #require(try await world.accounts.client(ids[3])?.accounts.first)
            let session = try #require(try await world.accounts.session(expired.id))
            try await world.accounts.markExpired([session])
            _ = try await world.connect(ids[6], number: "\(status) replacing")
        }
    }

    /// The one that the client's orders go to, else the last one that was disconnected.
    private static func account(of details: ClientDetails) -> BrokerAccount? {
        details.accounts.first { $0.status != .disconnected } ?? details.accounts.last
    }

    /// For each client of a plan the reason why it takes no part, or nil where it does.
    private func plan(
        _ symbol: String,
        for clients: [ClientDetails],
        isOpen: Bool,
        in world: AccountsWorld
    ) async throws -> [ClientID: Reason?] {
        let trades = PostgresTradeStore(pool: world.pool, brokers: Array(brokers))
        let instrument = try await world.instruments.instrument(symbol, at: .nse)
        let submitted = try await trades.submit(
            Submission(
                trader: world.trader,
                user: try #require(world.actor.user),
                idempotencyKey: TestNames.unique(),
                bodyHash: [1],
                terms: OrderTerms(
                    instrument: try #require(instrument),
                    side: .buy,
                    type: .market,
                    product: .delivery,
                    validity: .day,
                    price: nil,
                    trigger: nil
                ),
                sizing: .quantity(Quantity(1)),
                clients: .named(clients.map(\.client.id))
            )
        )
        guard case .created(let trade) = submitted else {
            Issue.record("not created: \(submitted)")
            return [:]
        }
        _ = try await trades.plan(trade.id, referencePrice: nil, marketOpen: isOpen)
        let rows = try await world.pool.query(
            PostgresStatement(
                "SELECT client_id, reason FROM order_intent WHERE task_id = $1::bigint"
            ),
            [.int(trade.id.raw)]
        )
        var reasons: [ClientID: Reason?] = [:]
        for row in rows {
            let reason = try row.optionalText(1).map { try #require(Reason(rawValue: $0)) }
            reasons[ClientID(row.int(0))] = .some(reason)
        }
        return reasons
    }
}
