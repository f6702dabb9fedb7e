import Desk
import DeskTesting
import Synchronization
import Testing
import Trading

@Suite("Asking brokers about sessions", .timeLimit(.minutes(2)))
struct CheckSessionsTests {
    private func check(_ world: DeskWorld, _ market: MarketHours = .exchange) -> CheckSessions {
        CheckSessions(
            store: world.store,
            accounts: world.store,
            brokers: world.brokers,
            market: market,
            clock: world.clock
        )
    }

    private func readiness(_ world: DeskWorld) async throws -> [SessionState: Int] {
        let found = try await world.store.readiness(
            ReadinessQuery(
                trader: world.trader,
                broker: nil,
                state: nil,
                now: world.clock.now(),
                close: nil,
                after: nil,
                limit: 1_000
            )
        )
        var counts: [SessionState: Int] = [:]
        for count in found.counts { counts[count.state] = count.accounts }
        let others = found.counts.filter { $0.state != .ready }.reduce(0) { $0 + $1.accounts }
        #expect(found.rows.count == others)
        return counts
    }

    @Test("Each account is asked once, and what its broker says is known before any order")
    func once() async throws {
        let world = DeskWorld()
        _ = world.addClients(450)
        let asked = Mutex<[String: Int]>([:])
        world.dhan.set { script in
            script.check = { session throws(BrokerFailure) in
                let number = asked.withLock {
                    $0[session.brokerClientID, default: 0] += 1
                    return $0.count
                }
                switch number % 5 {
                case 1: throw .sessionEnded("expired")
                case 2: throw .refused(code: "DH-905", words: "Invalid IP")
                default: return SessionCheck(ends: nil)
                }
            }
        }
        #expect(try await readiness(world) == [.unchecked: 450])
        let results = try await check(world)()
        #expect(results == [.ended: 90, .refused: 90, .good: 270])
        #expect(asked.withLock { $0.count == 450 && $0.values.allSatisfy { $0 == 1 } })
        #expect(try await readiness(world) == [.mustLogIn: 90, .refused: 90, .ready: 270])
        // Nothing is due until the next morning.
        #expect(try await check(world)().isEmpty)
        world.clock.advance(by: .seconds(86_400))
        #expect(try await check(world)().values.reduce(0, +) == 360)
    }

    @Test("A broker that cannot be asked is asked again, and not at once")
    func unreachable() async throws {
        let world = DeskWorld()
        _ = world.addClients(1)
        world.dhan.set { script in
            script.check = { _ throws(BrokerFailure) in throw .unreachable("HTTP 502") }
        }
        #expect(try await check(world)() == [.unreachable: 1])
        #expect(try await readiness(world) == [.unreachable: 1])
        #expect(try await check(world)().isEmpty)
        world.clock.advance(by: .seconds(301))
        world.dhan.set { $0.check = { _ in SessionCheck(ends: nil) } }
        #expect(try await check(world)() == [.good: 1])
        #expect(try await readiness(world) == [.ready: 1])
    }

    @Test("A session that lives past its end has the end that its broker gives it")
    func renewed() async throws {
        let world = DeskWorld()
        let end = world.clock.now().advanced(by: .seconds(600))
        _ = world.store.addClient("A", of: world.trader, broker: .dhan, sessionEnds: end)
        #expect(try await check(world)() == [.good: 1])
        world.clock.advance(by: .seconds(601))
        #expect(try await readiness(world) == [.mustLogIn: 1])
        #expect(try await check(world)() == [.good: 1])
        #expect(try await readiness(world) == [.ready: 1])
        // Once is enough.
        #expect(try await check(world)().isEmpty)
    }

    @Test("An end that nobody tells is the broker's own, but for sandboxes, whose sessions live on")
    func untold() async throws {
        for market in MarketHours.allCases {
            let world = DeskWorld()
            let client = world.addClients(1)[0]
            let day = world.clock.now().advanced(by: .seconds(86_400))
            #expect(try await check(world, market)() == [.good: 1])
            let end = try await world.store.client(client)?.accounts.first?.sessionEnds
            #expect(end == (market == .always ? nil : day))
        }
    }

    @Test("What a broker says of a token that has been replaced meanwhile counts for nothing")
    func replaced() async throws {
        let world = DeskWorld()
        let client = world.addClients(1)[0]
        let number = try #require(
            try await world.store.client(client)?.accounts.first?.brokerClientID
        )
        world.dhan.set { script in
            script.check = { _ throws(BrokerFailure) in throw .sessionEnded("expired") }
        }
        let due = try await world.store.sessionsToCheck(
            at: [.dhan],
            since: CheckSessions.morning(before: world.clock.now()),
            limit: 9
        )
        let draft = AccountDraft(
            client: client,
            broker: .dhan,
            brokerClientID: number,
            token: Secret("new"),
            sessionEnds: nil,
            egress: nil
        )
        _ = try await world.store.connect(draft, by: Actor(user: nil))
        let old = try #require(due.first)
        let account = try #require(old.session.account)
        try await world.store.noteChecks([
            CheckedSession(
                account: account,
                stamp: old.stamp,
                result: .ended,
                words: "expired",
                ends: nil
            )
        ])
        #expect(try await readiness(world) == [.unchecked: 1])
    }

    @Test("Mornings begin at half past eight in India")
    func mornings() {
        let day = CalendarDay(containing: ManualClock.morning)
        #expect(CheckSessions.morning(before: day.time(8, 30)) == day.time(8, 30))
        #expect(CheckSessions.morning(before: day.time(8, 29)) == day.advanced(by: -1).time(8, 30))
        #expect(CheckSessions.morning(before: day.time(23, 59)) == day.time(8, 30))
    }
}
