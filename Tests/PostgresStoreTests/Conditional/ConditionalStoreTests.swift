import Desk
import DeskTesting
import Postgres
import Secrets
import ServerTesting
import Testing
import Trading

@testable import PostgresStore

@Suite(.needs(.postgres), .timeLimit(.minutes(10))) struct ConditionalStoreTests {
    /// One client connected at Dhan, who lists RELIANCE.
    struct Desk: Sendable {
        let world: AccountsWorld
        let store: PostgresConditionalStore
        let clock: ManualClock
        let client: ClientID
        let account: AccountID
        let user: UserID
        let instrument: Instrument

        func terms(_ condition: Condition = single, quantity: Int64 = 5) -> ConditionalTerms {
            ConditionalTerms(
                instrument: instrument,
                side: .buy,
                product: .delivery,
                quantity: Quantity(quantity),
                condition: condition
            )
        }

        func submit(
            _ key: String = "k",
            hash: [UInt8] = [1],
            _ terms: ConditionalTerms? = nil
        ) async throws -> ConditionalSubmitted {
            try await store.submit(
                ConditionalSubmission(
                    client: client,
                    user: user,
                    address: "192.0.2.9",
                    idempotencyKey: key,
                    bodyHash: hash,
                    account: account,
                    broker: .dhan,
                    terms: terms ?? self.terms()
                )
            )
        }

        func made(_ key: String = "k", _ terms: ConditionalTerms? = nil) async throws
            -> ConditionalRecord
        {
            guard case .created(let record) = try await submit(key, terms) else {
                throw NotMade()
            }
            return record
        }

        func claim(_ id: ConditionalID) async throws -> ConditionalAttempt? {
            try await store.claim(id, lease: Lease(worker: "w", duration: .seconds(60)))
        }

        func change(
            _ id: ConditionalID,
            fence: Int64? = nil,
            _ body: @escaping @Sendable (inout ConditionalRecord) -> Void
        ) async throws -> ConditionalRecord? {
            try await store.change(id, fence: fence, by: Actor(user: user), body)
        }
    }

    struct NotMade: Error {}

    static func price(_ rupees: Int64) -> Price { Price(raw: rupees * 10_000) }
    static let single = Condition.single(
        .falls,
        TriggeredLeg(trigger: price(2_900), price: nil)
    )
    static let conditions = [
        single, .single(.rises, TriggeredLeg(trigger: price(3_000), price: price(3_005))),
        .oneCancelsOther(
            target: TriggeredLeg(trigger: price(3_000), price: price(3_000)),
            stop: TriggeredLeg(trigger: price(2_900), price: nil)
        ),
        .bracket(
            entry: price(2_950),
            target: TriggeredLeg(trigger: price(3_000), price: nil),
            stop: TriggeredLeg(trigger: price(2_900), price: price(2_890)),
            trail: price(5)
        ),
        .bracket(
            entry: nil,
            target: TriggeredLeg(trigger: price(3_000), price: nil),
            stop: TriggeredLeg(trigger: price(2_900), price: nil),
            trail: nil
        ),
    ]

    private func desk(_ body: (Desk) async throws -> Void) async throws {
        try await withAccountsWorld { world in
            _ = try await world.instruments.load(
                [world.listing("RELIANCE", code: "2885")],
                of: .dhan,
                by: world.actor
            )
            let client = try await world.client("C1")
            let account = try #require(try await world.connect(client.id))
            let clock = ManualClock()
            try await body(
                Desk(
                    world: world,
                    store: PostgresConditionalStore(
                        pool: world.pool,
                        secrets: SecretBox(key: Array(0..<32)),
                        clock: clock
                    ),
                    clock: clock,
                    client: client.id,
                    account: account.id,
                    user: try #require(world.actor.user),
                    instrument: try #require(
                        try await world.instruments.instrument("RELIANCE", at: .nse)
                    )
                )
            )
        }
    }

    @Test("One is stored once per key, with its audit line, and read as it was")
    func submit() async throws {
        try await desk { desk in
            for (number, condition) in Self.conditions.enumerated() {
                let terms = desk.terms(condition)
                let record = try await desk.made("k\(number)", terms)
                #expect(record.terms == terms)
                #expect(record.state == .ready && record.dueAt != nil)
                #expect(try await desk.store.conditional(record.id, of: nil) == record)
                #expect(try await desk.store.conditional(record.id, of: TraderID(0)) == nil)
            }
            guard case .repeated = try await desk.submit("k0") else { throw NotMade() }
            guard case .conflict = try await desk.submit("k0", hash: [2]) else { throw NotMade() }
            let lines = try await desk.world.audit(of: desk.client)
                .filter { $0.action == "CONDITIONAL_ORDER_ASKED" }
            #expect(lines.count == Self.conditions.count)
            #expect(lines.allSatisfy { $0.user == desk.user && $0.address == "192.0.2.9" })
            let page = try await desk.store.conditionals(
                ConditionalQuery(trader: desk.world.trader, client: desk.client, limit: 2)
            )
            #expect(page.map(\.terms.condition) == [Self.conditions[4], Self.conditions[3]])
        }
    }

    @Test("Of ten workers one claims it; it is then SENDING, with the session to send it by")
    func claim() async throws {
        try await desk { desk in
            let id = try await desk.made().id
            let won = try await withThrowingTaskGroup(
                of: ConditionalAttempt?.self,
                returning: [ConditionalAttempt].self
            ) { group in
                for _ in 0..<10 { group.addTask { try await desk.claim(id) } }
                return try await group.reduce(into: []) { won, attempt in
                    if let attempt { won.append(attempt) }
                }
            }
            #expect(won.count == 1)
            let attempt = try #require(won.first)
            #expect(attempt.session.token.reveal() == "token")
            #expect(attempt.session.instrument?.code == "2885")
            #expect(attempt.reference.utf8.count == 18 && attempt.reference.hasPrefix("C"))
            let record = try #require(try await desk.store.conditional(id, of: nil))
            #expect(record.state == .sending && record.fence == attempt.fence)
            #expect(record.reference == attempt.reference)
        }
    }

    @Test("What keeps orders back is written as its reason, and nothing may be sent")
    func obstacles() async throws {
        try await desk { desk in
            let halted = try await desk.made("1").id
            let scope = Halts.Scope.client(desk.client)
            try await desk.world.accounts.setHalt(scope, on: true, why: "", by: desk.world.actor)
            #expect(try await desk.claim(halted) == nil)
            #expect(try await desk.store.conditional(halted, of: nil)?.reason == .haltedClient)
            try await desk.world.accounts.setHalt(scope, on: false, why: "", by: desk.world.actor)
            let cut = try await desk.made("2").id
            _ = try await desk.world.accounts.disconnect(
                desk.account,
                of: desk.client,
                by: desk.world.actor
            )
            #expect(try await desk.claim(cut) == nil)
            #expect(try await desk.store.conditional(cut, of: nil)?.reason == .noSession)
            #expect(try await desk.store.standing(of: desk.client, of: nil)?.account == nil)
        }
    }

    @Test("A change with an older fence is dropped, and no two rows have one id at the broker")
    func fences() async throws {
        try await desk { desk in
            let now = desk.clock.now()
            let first = try await desk.made("1").id
            let attempt = try #require(try await desk.claim(first))
            _ = try await desk.change(first) { $0.takeOver(at: now) }
            let late = try await desk.change(first, fence: attempt.fence) {
                $0.record(.accepted(brokerOrderID: "B1"), at: now)
            }
            #expect(late == nil)
            #expect(try await desk.store.conditional(first, of: nil)?.state == .unknown)

            let second = try await desk.made("2").id
            let third = try await desk.made("3").id
            for id in [second, third] { _ = try await desk.claim(id) }
            _ = try await desk.change(second) { $0.record(.accepted(brokerOrderID: "B"), at: now) }
            #expect(try await desk.store.knownIDs(of: desk.account) == ["B"])
            await #expect(throws: StoreFailure.self) {
                _ = try await desk.change(third) {
                    $0.record(.accepted(brokerOrderID: "B"), at: now)
                }
            }
            #expect(try await desk.store.conditional(third, of: nil)?.state == .sending)
        }
    }

    @Test("What is due is given to one caller, with every field as it was written")
    func due() async throws {
        try await desk { desk in
            let now = desk.clock.now()
            let id = try await desk.made().id
            let jobs = try await desk.store.dueConditionals(limit: 10)
            #expect(jobs.map(\.record.id) == [id])
            #expect(jobs.first?.session?.token.reveal() == "token")
            #expect(try await desk.store.dueConditionals(limit: 10).isEmpty)
            _ = try await desk.claim(id)
            let wished = desk.terms(quantity: 6)
            let written = try #require(
                try await desk.change(id) {
                    $0.record(.accepted(brokerOrderID: "B"), at: now)
                    $0.askToChange(wished, at: now)
                    $0.postpone("words", now)
                }
            )
            #expect(try await desk.store.conditional(id, of: nil) == written)
            #expect(written.wished == wished && written.words == "words" && written.looks == 1)
            let changed = try await desk.world.audit(of: desk.client)
                .filter { $0.action == "CONDITIONAL_ORDER_CHANGED" }
            #expect(changed.count == 2)
            #expect(!changed.contains { $0.detail.contains("token") })
        }
    }

    @Test("A bracket has its exits once, however many ask for them")
    func exits() async throws {
        try await desk { desk in
            let terms = desk.terms(Self.conditions[3])
            let parent = try await desk.made("b", terms)
            let exits = ConditionalExits(
                parent: parent.id,
                terms: try #require(terms.exits(of: Quantity(3)))
            )
            let made = try await withThrowingTaskGroup(
                of: ConditionalID.self,
                returning: Set<ConditionalID>.self
            ) { group in
                for _ in 0..<8 { group.addTask { try await desk.store.addExits(exits).id } }
                return try await group.reduce(into: []) { $0.insert($1) }
            }
            #expect(made.count == 1)
            let record = try await desk.store.addExits(exits)
            #expect(record.terms == exits.terms)
            #expect(record.parent == parent.id && record.user == desk.user)
            #expect(try await desk.store.entry(of: TaskID(1), client: desk.client) == nil)
        }
    }
}
