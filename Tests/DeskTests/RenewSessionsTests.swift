import Desk
import DeskTesting
import Synchronization
import Testing
import Trading

@Suite("Having sessions renewed", .timeLimit(.minutes(2)))
struct RenewSessionsTests {
    /// A broker's renewal that answers as the test says, and remembers which tokens it was given.
    private final class Renewal: SessionRenewal {
        typealias Answer =
            @Sendable (BrokerSession) async throws(BrokerFailure) -> NewSession
        private let tokens = Mutex<[String]>([])
        private let answer: Mutex<Answer>

        init(_ answer: @escaping Answer) { self.answer = Mutex(answer) }

        var asked: [String] { tokens.withLock { $0 } }

        func now(_ new: @escaping Answer) { answer.withLock { $0 = new } }

        func renew(_ session: BrokerSession) async throws(BrokerFailure) -> NewSession {
            tokens.withLock { $0.append(session.token.reveal()) }
            return try await answer.withLock { $0 }(session)
        }
    }

    private func renew(_ world: DeskWorld, _ market: MarketHours = .always) -> RenewSessions {
        RenewSessions(
            store: world.store,
            brokers: world.brokers,
            market: market,
            clock: world.clock
        )
    }

    private static func next(_ session: BrokerSession, ends: Timestamp?) -> NewSession {
        NewSession(
            token: Secret("next-" + session.token.reveal()),
            owners: [session.brokerClientID],
            ends: ends
        )
    }

    /// A client whose token ends in so many seconds, at a broker that renews.
    private func world(endingIn seconds: Int64, _ renewal: Renewal) throws -> (
        DeskWorld, ClientID
    ) {
        let world = DeskWorld()
        let ends = world.clock.now().advanced(by: .seconds(seconds))
        let client = world.store.addClient("A", of: world.trader, broker: .dhan, sessionEnds: ends)
        world.dhan.set { $0.services.renewal = renewal }
        return (world, client)
    }

    private func account(_ world: DeskWorld, _ client: ClientID) async throws -> BrokerAccount {
        try #require(try await world.store.client(client)?.accounts.first)
    }

    private func token(_ world: DeskWorld, _ client: ClientID) async throws -> String? {
        try await world.store.session(account(world, client).id)?.token.reveal()
    }

    private func row(_ world: DeskWorld) async throws -> Readiness.Row? {
        try await world.store.readiness(
            ReadinessQuery(
                trader: nil,
                broker: nil,
                state: nil,
                now: world.clock.now(),
                close: nil,
                after: nil,
                limit: 9
            )
        ).rows.first
    }

    @Test("A token near its end is renewed once, and the new one is tried")
    func near() async throws {
        let day = ManualClock.morning.advanced(by: .seconds(86_400))
        let renewal = Renewal { Self.next($0, ends: day) }
        let (world, client) = try world(endingIn: 1_801, renewal)
        #expect(try await renew(world)() == (0, 0))
        world.clock.advance(by: .seconds(2))
        #expect(try await renew(world)() == (1, 0))
        #expect(try await token(world, client) == "next-token-of-A")
        #expect(try await account(world, client).sessionEnds == day)
        #expect(try await row(world)?.state == .unchecked)
        #expect(try await renew(world)() == (0, 0))
        #expect(renewal.asked == ["token-of-A"])
    }

    @Test("A token that is over, or came of a login, is not sent to be renewed")
    func not() async throws {
        let renewal = Renewal { Self.next($0, ends: nil) }
        let (world, client) = try world(endingIn: 60, renewal)
        let old = try await account(world, client)
        _ = try await world.store.connect(
            AccountDraft(
                client: client,
                broker: .dhan,
                brokerClientID: old.brokerClientID,
                token: Secret("of-a-login"),
                sessionEnds: old.sessionEnds,
                egress: nil,
                isLogin: true
            ),
            by: Actor(user: nil)
        )
        #expect(try await renew(world)() == (0, 0))
        #expect(try await renew(world).now(old, by: Actor(user: nil)) == nil)
        let ended = world.store.addClient(
            "B",
            of: world.trader,
            broker: .dhan,
            sessionEnds: world.clock.now()
        )
        #expect(try await renew(world)() == (0, 0))
        #expect(try await renew(world).now(account(world, ended), by: Actor(user: nil)) == nil)
        #expect(renewal.asked.isEmpty)
    }

    @Test("What a broker refuses to renew is not asked for again, and readiness says why")
    func refused() async throws {
        let renewal = Renewal { _ throws(BrokerFailure) in
            throw .refused(code: "DH-905", words: "not of the web")
        }
        let (world, client) = try world(endingIn: 60, renewal)
        // The session was asked about before, and is to be again: the refusal may have other causes.
        let check = CheckSessions(
            store: world.store,
            accounts: world.store,
            brokers: world.brokers,
            market: .always,
            clock: world.clock
        )
        #expect(try await check() == [.good: 1])
        world.clock.advance(by: .seconds(1))
        #expect(try await renew(world)() == (0, 1))
        #expect(try await check() == [.good: 1])
        world.clock.advance(by: .seconds(301))
        #expect(try await renew(world)() == (0, 0))
        #expect(renewal.asked.count == 1)
        #expect(try await token(world, client) == nil)
        let row = try #require(try await row(world))
        #expect(
            row.state == .mustLogIn && row.words == "not renewed: refused: DH-905 not of the web"
        )
    }

    @Test("No answer is asked again after five minutes; the token that died meanwhile is found out")
    func unanswered() async throws {
        let renewal = Renewal { _ throws(BrokerFailure) in throw .unreachable("lost") }
        let (world, client) = try world(endingIn: 900, renewal)
        #expect(try await renew(world)() == (0, 1))
        #expect(try await renew(world)() == (0, 0))
        // Somebody who asks for it does not have to wait.
        let by = try await renew(world).now(account(world, client), by: Actor(user: nil))
        #expect(by == .failed(.unreachable("lost")))
        world.clock.advance(by: .seconds(301))
        renewal.now { Self.next($0, ends: nil) }
        #expect(try await renew(world)() == (1, 0))
        #expect(try await token(world, client) == "next-token-of-A")
        #expect(try await row(world)?.words == nil)
    }

    @Test("A token that is brought while another is being renewed stays, whichever comes first")
    func overtaken() async throws {
        let renewal = Renewal { Self.next($0, ends: nil) }
        let (world, client) = try world(endingIn: 60, renewal)
        let old = try await account(world, client)
        renewal.now { session throws(BrokerFailure) in
            let draft = AccountDraft(
                client: client,
                broker: .dhan,
                brokerClientID: session.brokerClientID,
                token: Secret("brought"),
                sessionEnds: nil,
                egress: nil
            )
            do {
                _ = try await world.store.connect(draft, by: Actor(user: nil))
            } catch {
                throw .unreachable("\(error)")
            }
            return Self.next(session, ends: nil)
        }
        #expect(try await renew(world).now(old, by: Actor(user: nil)) == .overtaken)
        #expect(try await token(world, client) == "brought")
        // A new token of another client is worth nothing.
        renewal.now { _ in NewSession(token: Secret("x"), owners: ["other"], ends: nil) }
        let strange = try await renew(world).now(old, by: Actor(user: nil))
        #expect(strange == .failed(.unreachable("a token of another client")))
        #expect(try await token(world, client) == "brought")
    }

    @Test("A worker that learns late that the old token is dead does not end the new session")
    func middle() async throws {
        let renewal = Renewal { Self.next($0, ends: nil) }
        let (world, client) = try world(endingIn: 60, renewal)
        let id = try await account(world, client).id
        let claimed = try #require(try await world.store.session(id))
        // One order is refused before the new token is stored, another one after it.
        renewal.now { session throws(BrokerFailure) in
            do {
                try await world.store.markExpired([claimed])
            } catch {
                throw .unreachable("\(error)")
            }
            return Self.next(session, ends: nil)
        }
        #expect(try await renew(world)() == (1, 0))
        try await world.store.markExpired([claimed])
        #expect(try await token(world, client) == "next-token-of-A")
    }

    @Test(
        "Tokens are renewed in the evening or night before a trading day, else at the last moment"
    )
    func hours() {
        // A Monday on which the exchange trades; the Tuesday is a holiday.
        let monday = CalendarDay(containing: ManualClock.morning)
        let tuesday = monday.advanced(by: 1)
        let wednesday = monday.advanced(by: 2)
        let friday = monday.advanced(by: 4)
        let half: Duration = .seconds(1_800)
        for quiet in [
            monday.time(9, 15), monday.time(15, 29), monday.time(15, 31), tuesday.time(21, 14),
            friday.time(22, 0), friday.advanced(by: 1).time(12, 0),
        ] {
            #expect(RenewSessions.limit(at: quiet, .exchange) == quiet.advanced(by: half))
        }
        for night in [tuesday.time(21, 16), wednesday.time(0, 1), wednesday.time(9, 14)] {
            #expect(RenewSessions.limit(at: night, .exchange) == wednesday.time(19, 30))
            // What was renewed this night is good through the day, and not due again.
            let renewed = night.advanced(by: .seconds(86_400))
            #expect(renewed > RenewSessions.limit(at: night, .exchange))
        }
        let noon = monday.time(12, 0)
        #expect(RenewSessions.limit(at: noon, .always) == noon.advanced(by: half))
    }
}
