import Desk
import DeskTesting
import Testing
import Trading

/// Which streams are held, and what follows from what they say.
@Suite("Following order streams", .timeLimit(.minutes(2)))
struct FollowOrderStreamsTests {
    private let world = DeskWorld(skipsSleeps: false)
    private let stream = MemoryOrderStream(.dhan)
    private let events = Recorder<String>()

    /// Orders rest after two seconds.
    private static var shortRest: FollowOrderStreams.Limits {
        var limits = FollowOrderStreams.Limits()
        limits.rest = .seconds(2)
        return limits
    }

    /// Runs the following while `body` looks at it; rounds come as the clock is moved.
    private func following(
        limits: FollowOrderStreams.Limits = Self.shortRest,
        _ body: (TakeHints) async throws -> Void
    ) async throws {
        let hints = TakeHints(store: world.store, queue: world.queue, clock: world.clock)
        let follow = FollowOrderStreams(
            streams: [stream],
            store: world.store,
            hint: hints,
            queue: world.queue,
            clock: world.clock,
            limits: limits
        )
        let running = Task { [events] in
            await follow.run { event in
                if case .failed(let error) = event { events.note("\(error)") }
            }
        }
        let outcome: Result<Void, any Error>
        do {
            outcome = .success(try await body(hints))
        } catch {
            outcome = .failure(error)
        }
        running.cancel()
        await running.value
        try outcome.get()
        #expect(stream.followed.isEmpty, "a stream outlives whoever followed it")
    }

    /// Lets so many seconds pass in rounds of one.
    private func pass(_ seconds: Int) async {
        for _ in 0..<seconds {
            await world.clock.waitForSleepers(1)
            world.clock.advance(by: .seconds(1))
        }
        await world.clock.waitForSleepers(1)
    }

    private func restingOrder(_ code: String = "ONE") async throws -> OrderJob {
        let job = try await world.plannedOrder(code)
        try await world.accepted(job)
        return job
    }

    @Test("Only an order that rests begins its account's stream, and the account is looked at")
    func begins() async throws {
        let job = try await restingOrder()
        let account = try #require(job.account)
        try await following { _ in
            await pass(1)
            #expect(stream.begun.isEmpty, "one that may fill at once needs no stream")
            await pass(2)
            try await until { stream.followed == [account] }
            #expect(world.queue.published.isEmpty)
            stream.listener(of: account)?.connected()
            await pass(1)
            #expect(world.queue.published == [.look(.dhan, [job])])
            await pass(3)
            #expect(world.queue.published.count == 1 && stream.begun.count == 1)
        }
    }

    @Test("What a stream says becomes a hint")
    func hints() async throws {
        let job = try await restingOrder()
        let account = try #require(job.account)
        let reference = try #require(world.dhan.placements.first?.reference)
        try await following { hints in
            await pass(3)
            try await until { stream.followed == [account] }
            stream.listener(of: account)?.hinted([
                .order(reference), .order("SOMEBODY-ELSES"),
            ])
            try await hints.flush()
            #expect(world.queue.published == [.look(.dhan, [job])])
        }
    }

    @Test("A stream ends some time after the last live order of its account")
    func ends() async throws {
        let job = try await restingOrder()
        let account = try #require(job.account)
        var limits = Self.shortRest
        limits.linger = .seconds(10)
        try await following(limits: limits) { _ in
            try await until {
                await pass(1)
                return stream.followed == [account]
            }
            let brokerOrderID = try #require(world.store.intent(job.intent)?.brokerOrderID)
            let report = OrderReport(
                brokerOrderID: brokerOrderID,
                reference: nil,
                status: .cancelled,
                quantity: Quantity(10),
                filled: .zero,
                message: nil
            )
            try await world.store.apply([
                BookedOrder(intent: job.intent, report: report, trades: [])
            ])
            await pass(9)
            #expect(stream.followed == [account])
            try await until {
                await pass(1)
                return stream.followed.isEmpty
            }
        }
    }

    @Test("A new token begins the stream anew; an ended session ends it")
    func newToken() async throws {
        let job = try await restingOrder()
        let account = try #require(job.account)
        try await following { _ in
            await pass(3)
            try await until { stream.token(of: account) == "token-of-ONE" }
            let client = try #require(world.store.intent(job.intent)?.client)
            let renewed = try await world.store.connect(
                AccountDraft(
                    client: client,
                    broker: .dhan,
                    brokerClientID: "DONE",
                    token: Secret("the-next-one"),
                    sessionEnds: nil,
                    egress: nil
                ),
                by: Actor(user: nil)
            )
            #expect(renewed?.id == account)
            await pass(1)
            try await until { stream.token(of: account) == "the-next-one" }
            #expect(stream.begun == [account, account])
        }
    }

    @Test("No more streams than allowed, and only so many begun at once")
    func limits() async throws {
        var accounts: [AccountID] = []
        for number in 0..<7 {
            accounts.append(try #require(try await restingOrder("C\(number)").account))
        }
        var limits = Self.shortRest
        limits.streams = 5
        limits.startsPerRound = 2
        try await following(limits: limits) { _ in
            await pass(2)
            try await until { stream.followed.count == 2 }
            await pass(1)
            try await until { stream.followed.count == 4 }
            await pass(5)
            try await until { stream.followed.count == 5 }
            #expect(stream.begun.count == 5)
            #expect(Set(stream.followed).isSubset(of: accounts))
        }
    }

    @Test("A store that does not answer ends no stream, and no look is forgotten")
    func storeIsAway() async throws {
        let job = try await restingOrder()
        let account = try #require(job.account)
        try await following { _ in
            await pass(3)
            try await until { stream.followed == [account] }
            stream.listener(of: account)?.connected()
            world.store.fail("liveAccounts", with: .unavailable("gone"), times: 2)
            world.store.fail("liveJobs", with: .unavailable("gone"), times: 1)
            await pass(3)
            #expect(events.count == 3 && world.queue.published.isEmpty)
            await pass(1)
            #expect(world.queue.published == [.look(.dhan, [job])])
            #expect(stream.begun == [account])
        }
    }
}
