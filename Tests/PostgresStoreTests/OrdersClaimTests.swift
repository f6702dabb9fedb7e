import Desk
import Postgres
import Secrets
import ServerTesting
import Testing
import Trading

@testable import PostgresStore

@Suite(.needs(.postgres)) struct OrdersClaimTests {
    private func claim(
        _ desk: OrdersDesk,
        _ client: ClientID,
        _ sizing: Sizing = .quantity(Quantity(10)),
        price: Price? = OrdersDesk.price,
        obstacle: Reason? = nil,
        before: () async throws -> Void = {}
    ) async throws -> (Claim, OrderIntent) {
        let (trade, jobs) = try await desk.planned(sizing, clients: .named([client]))
        try await before()
        let claims = try await desk.orders.claim(
            desk.requests(jobs, of: trade, price: price, obstacle: obstacle),
            lease: OrdersDesk.lease
        )
        let order = try await desk.order(jobs[0])
        try await desk.expectBalance()
        return (try #require(claims.first), order)
    }

    private func expectDeclined(
        _ reason: Reason,
        _ claimed: (Claim, OrderIntent),
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        guard case .declined(let why) = claimed.0 else {
            Issue.record("\(claimed.0)", sourceLocation: sourceLocation)
            return
        }
        #expect(why == reason, sourceLocation: sourceLocation)
        #expect(claimed.1.state == .skipped, sourceLocation: sourceLocation)
        #expect(claimed.1.reason == reason, sourceLocation: sourceLocation)
        #expect(claimed.1.held == .zero, sourceLocation: sourceLocation)
    }

    @Test func anAddressThatIsLackingOrNotListedDeclinesTheOrderAtTheLastMoment() async throws {
        try await OrdersDesk.open { desk in
            let clients = try await desk.clients(3)
            expectDeclined(
                .egressNotRegistered,
                try await claim(desk, clients[0]) {
                    try await desk.run(
                        """
                        UPDATE broker_account SET egress = '10.0.0.1',
                            egress_standing = 'not_registered' WHERE client_id = $1
                        """,
                        [.int(clients[0].raw)]
                    )
                }
            )
            var policy = PostgresOrderStore.Policy()
            policy.requiresEgress = true
            let strict = PostgresOrderStore(
                pool: desk.orders.pool,
                secrets: desk.orders.secrets,
                policy: policy
            )
            let (trade, jobs) = try await desk.planned(
                .quantity(Quantity(10)),
                clients: .named(Array(clients[1...]))
            )
            try await desk.run(
                "UPDATE broker_account SET egress = '10.0.0.1' WHERE client_id = $1",
                [.int(clients[1].raw)]
            )
            try await desk.run(
                "UPDATE broker_account SET egress = NULL WHERE client_id = $1",
                [.int(clients[2].raw)]
            )
            let claims = try await strict.claim(
                desk.requests(jobs, of: trade, price: OrdersDesk.price, obstacle: nil),
                lease: OrdersDesk.lease
            )
            guard case .send(let attempt) = claims[0], case .declined(let why) = claims[1] else {
                Issue.record("\(claims)")
                return
            }
            #expect(attempt.session.egress == "10.0.0.1" && why == .egressMissing)
            try await desk.expectBalance()
        }
    }

    @Test func whatStandsInTheWayDeclinesTheOrderWithItsReason() async throws {
        try await OrdersDesk.open { desk in
            let rich = try await desk.clients(8)
            let poor = try await desk.clients(1, cash: 2_449_999)[0]
            expectDeclined(.marketClosed, try await claim(desk, rich[0], obstacle: .marketClosed))
            expectDeclined(.noPrice, try await claim(desk, rich[0], price: nil))
            expectDeclined(.insufficientFunds, try await claim(desk, poor))
            expectDeclined(
                .capitalBelowOneShare,
                try await claim(desk, rich[0], .part(BasisPoints(200)))
            )
            expectDeclined(
                .sessionExpired,
                try await claim(desk, rich[1]) {
                    try await desk.run(
                        "UPDATE broker_account SET session_ends = now() WHERE client_id = $1",
                        [.int(rich[1].raw)]
                    )
                }
            )
            expectDeclined(
                .noSession,
                try await claim(desk, rich[2]) {
                    try await desk.run(
                        """
                        UPDATE broker_account SET status = 'disconnected', token = NULL
                        WHERE client_id = $1
                        """,
                        [.int(rich[2].raw)]
                    )
                }
            )
            expectDeclined(
                .clientInactive,
                try await claim(desk, rich[3]) {
                    try await desk.run(
                        "UPDATE client SET status = 'inactive' WHERE id = $1",
                        [.int(rich[3].raw)]
                    )
                }
            )
            expectDeclined(
                .haltedClient,
                try await claim(desk, rich[4]) {
                    try await desk.run(
                        "INSERT INTO halt (scope, subject, why) VALUES ('client', $1, 'x')",
                        [.text("\(rich[4])")]
                    )
                }
            )
            expectDeclined(
                .noInstrumentAtBroker,
                try await claim(desk, rich[5]) {
                    try await desk.run("DELETE FROM broker_instrument")
                }
            )
        }
    }

    @Test func aHaltOfEverythingDeclinesAtTheClaim() async throws {
        try await OrdersDesk.open { desk in
            let client = try await desk.clients(1)[0]
            expectDeclined(
                .haltedAll,
                try await claim(desk, client) {
                    try await desk.run(
                        "INSERT INTO halt (scope, subject, why) VALUES ('everything', '', 'x')"
                    )
                }
            )
        }
    }

    @Test func aTokenThatTheKeyDoesNotOpenIsDeclinedAndItsHoldReleased() async throws {
        try await OrdersDesk.open { desk in
            let client = try await desk.clients(1)[0]
            let (trade, jobs) = try await desk.planned(clients: .named([client]))
            let stranger = PostgresOrderStore(
                pool: desk.pool,
                secrets: SecretBox(key: [UInt8](repeating: 9, count: 32))
            )
            let claims = try await stranger.claim(
                desk.requests(jobs, of: trade),
                lease: OrdersDesk.lease
            )
            guard case .declined(.noSession) = claims[0] else {
                Issue.record("\(claims[0])")
                return
            }
            #expect(try await desk.order(jobs[0]).state == .rejected)
            #expect(try await desk.funds(client).held == .zero)
            try await desk.expectBalance()
        }
    }

    @Test func paperOrdersNeedNoAccount() async throws {
        try await OrdersDesk.open { desk in
            let client = try await desk.clients(1, broker: nil)[0]
            let attempt = try await desk.accepted(client: client)
            #expect(attempt.job.broker == .paper && attempt.job.account == nil)
            #expect(attempt.session.account == nil && attempt.session.token.reveal() == "")
            let fill = desk.traded(attempt, "P\(attempt.job.intent)", 10, 24_500_000)
            try await desk.apply(attempt, .filled, filled: 10, [fill])
            #expect(try await desk.order(attempt).state == .filled)
            try await desk.expectBalance()
        }
    }

    @Test func aSecondClaimNeverSends() async throws {
        try await OrdersDesk.open { desk in
            let clients = try await desk.clients(2)
            let (trade, jobs) = try await desk.planned(clients: .named(clients))
            let twice = desk.requests([jobs[0], jobs[0]], of: trade)
            let claims = try await desk.orders.claim(twice, lease: OrdersDesk.lease)
            guard case .send(let attempt) = claims[0], case .inDoubt = claims[1] else {
                Issue.record("\(claims)")
                return
            }
            guard
                case .inDoubt = try await desk.orders.claim(
                    desk.requests([jobs[0]], of: trade),
                    lease: OrdersDesk.lease
                )[0]
            else {
                Issue.record("a SENDING order was claimed")
                return
            }
            #expect(try await desk.record(attempt, .accepted(brokerOrderID: "B1")))
            let gone = OrderJob(intent: ID(1 << 40), task: trade.id, broker: .dhan, account: nil)
            for claim in try await desk.orders.claim(
                desk.requests([jobs[0], gone], of: trade),
                lease: OrdersDesk.lease
            ) {
                guard case .settled = claim else {
                    Issue.record("\(claim)")
                    return
                }
            }
            #expect(try await desk.number("SELECT count(*) FROM order_attempt") == 1)
        }
    }

    @Test func aMessageThatNamesAnotherTradeClaimsNothing() async throws {
        try await OrdersDesk.open { desk in
            let client = try await desk.clients(1)[0]
            let (_, jobs) = try await desk.planned(clients: .named([client]))
            let (other, _) = try await desk.planned(clients: .named([client]))
            let claims = try await desk.orders.claim(
                desk.requests(jobs, of: other),
                lease: OrdersDesk.lease
            )
            guard case .settled = claims[0] else {
                Issue.record("\(claims)")
                return
            }
            #expect(try await desk.order(jobs[0]).state == .ready)
        }
    }

    @Test func ordersOfOneClientInOneBatchSeeEachOthersHolds() async throws {
        try await OrdersDesk.open { desk in
            // Cash for one order of ₹24,500, not for two.
            let client = try await desk.clients(1, cash: 4_000_000)[0]
            let first = try await desk.planned(clients: .named([client]))
            let second = try await desk.planned(clients: .named([client]))
            let claims = try await desk.orders.claim(
                desk.requests(first.jobs, of: first.trade)
                    + desk.requests(second.jobs, of: second.trade),
                lease: OrdersDesk.lease
            )
            guard case .send = claims[0], case .declined(.insufficientFunds) = claims[1] else {
                Issue.record("\(claims)")
                return
            }
            #expect(try await desk.funds(client).held == .rupees("24745.00"))
            try await desk.expectBalance()
        }
    }
}
