import Desk
import DeskTesting
import Testing
import Trading

@Suite("Cancelling orders", .timeLimit(.minutes(2)))
struct CancelTests {
    @Test("What was not sent is withdrawn, and a message on its way finds it so")
    func withdrawn() async throws {
        let world = DeskWorld()
        let job = try await world.plannedOrder()
        let asked = try await world.cancel(.task(job.task))
        #expect(asked.orders.isEmpty)
        #expect(world.store.intent(job.intent)?.state == .skipped)
        #expect(world.store.intent(job.intent)?.reason == .taskCancelled)
        #expect(try await world.executing { try await $0(job) } == .done)
        #expect(world.dhan.placements.isEmpty && world.dhan.cancels.isEmpty)
        // Nothing waits in the trade any more.
        #expect(try await world.store.trade(job.task)?.state == .complete)
        let status = try #require(try await world.store.cancellation(asked.head.id))
        #expect(status.counts == [.withdrawn: 1] && status.isOver)
    }

    @Test("A trade that is cancelled before its plan makes no order that could be sent")
    func beforePlan() async throws {
        let world = DeskWorld()
        _ = world.addClients(3)
        let task = try await world.accept(world.order())
        let asked = try await world.cancel(.task(task))
        #expect(try await world.store.cancellation(asked.head.id)?.isOver == false)
        try await world.plan()(task)
        #expect(world.queue.published.isEmpty)
        let intents = world.store.intents(of: task)
        #expect(intents.count == 3)
        #expect(intents.allSatisfy { $0.state == .skipped && $0.reason == .taskCancelled })
        let status = try #require(try await world.store.cancellation(asked.head.id))
        #expect(status.counts == [.withdrawn: 3] && status.isOver)
        // A trade that comes later is another matter.
        world.clock.advance(by: .seconds(1))
        let later = try await world.planned(world.order(key: "later"))
        #expect(later.count == 3)
    }

    @Test("An order at the broker is cancelled there, and its books end it; its money is free once")
    func cancelled() async throws {
        let world = DeskWorld()
        let job = try await world.plannedOrder()
        try await world.accepted(job)
        let before = try #require(world.store.funds(of: world.client(job)))
        #expect(before.held > .zero)
        let asked = try await world.cancel(.order(job.intent))
        #expect(asked.orders == [job] && world.queue.published.last == .cancel(job))
        #expect(world.store.intent(job.intent)?.state == .cancelRequested)
        world.dhan.set { script in
            script.cancel = { _ async throws(BrokerFailure) in }
            script.look = { order async throws(BrokerFailure) in (order.saying(.cancelled), []) }
        }
        for _ in 0..<2 { _ = try await world.cancelling { try await $0(job) } }
        #expect(world.dhan.cancels.count == 1)
        #expect(world.store.intent(job.intent)?.state == .cancelled)
        let after = try #require(world.store.funds(of: world.client(job)))
        #expect(after.held == .zero && after.isBalanced)
        #expect(after.available == before.available + before.held)
        let status = try #require(try await world.store.cancellation(asked.head.id))
        #expect(status.counts == [.cancelled: 1] && status.released == before.held)
        #expect(try await world.store.due(.cancel, limit: 9).isEmpty)
    }

    @Test("A fill before the cancel stays, and only the rest of the money is free")
    func partlyFilled() async throws {
        let world = DeskWorld()
        let job = try await world.plannedOrder()
        try await world.accepted(job)
        let held = try #require(world.store.funds(of: world.client(job))).held
        let asked = try await world.cancel(.order(job.intent))
        world.dhan.set { script in
            script.cancel = { _ async throws(BrokerFailure) in }
            script.look = { order async throws(BrokerFailure) in
                (order.saying(.cancelled, filled: 4), [order.trade(4)])
            }
        }
        _ = try await world.cancelling { try await $0(job) }
        let intent = try #require(world.store.intent(job.intent))
        #expect(intent.state == .cancelled && intent.filled == Quantity(4))
        let funds = try #require(world.store.funds(of: world.client(job)))
        #expect(funds.held == .zero && funds.invested == intent.filledValue && funds.isBalanced)
        let page = CancelPage(after: nil, limit: 9)
        let row = try #require(
            try await world.store.cancelledOrders(asked.head.id, page).first
        )
        #expect(row.result == .cancelled && row.released == held - intent.filledValue)
    }

    @Test("An order that is sent or in doubt is cancelled as soon as it is known to be there")
    func inDoubt() async throws {
        let world = DeskWorld()
        let job = try await world.plannedOrder()
        try await world.lostAnswer(job)
        let asked = try await world.cancel(.task(job.task))
        #expect(asked.orders.isEmpty)
        #expect(world.store.intent(job.intent)?.state == .unknown)
        #expect(
            try await world.store.cancellation(asked.head.id)?.counts == [.unknown: 1]
        )
        world.dhan.set { script in
            script.find = { OrderReport(of: $0, "B-1") }
        }
        try await world.resolve()([job])
        #expect(world.store.intent(job.intent)?.state == .cancelRequested)
        #expect(try await world.store.due(.cancel, limit: 9) == [job])
    }

    @Test("An order that is proven absent is not sent again once somebody wished it cancelled")
    func notSentAgain() async throws {
        let world = DeskWorld()
        let client = world.store.addClient("ONE", of: world.trader, broker: .dhan)
        let order = world.order(clients: .named([client]), onDoubt: .resend(withinSeconds: 3_600))
        let job = try #require(try await world.planned(order).first)
        try await world.lostAnswer(job)
        let asked = try await world.cancel(.client(client))
        let resolve = world.resolve()
        for seconds in [5, 300] {
            world.clock.advance(by: .seconds(seconds))
            try await resolve([job])
        }
        let intent = try #require(world.store.intent(job.intent))
        #expect(intent.state == .skipped && intent.reason == .orderCancelled)
        #expect(intent.held == .zero)
        #expect(try await world.executing { try await $0(job) } == .done)
        #expect(world.dhan.placements.count == 1)
        #expect(
            try await world.store.cancellation(asked.head.id)?.counts == [.withdrawn: 1]
        )
    }

    @Test("A send that provably left nothing is not repeated once somebody wished it cancelled")
    func notSent() async throws {
        let world = DeskWorld()
        let job = try await world.plannedOrder()
        let store = world.store
        let request = world.cancelRequest(.order(job.intent), key: "meanwhile")
        world.dhan.set { script in
            script.place = { _ in
                // While the order is SENDING.
                _ = try? await store.askToCancel(request)
                return .notSent("no connection")
            }
        }
        _ = try await world.executing { try await $0(job) }
        let intent = try #require(world.store.intent(job.intent))
        #expect(intent.state == .skipped && intent.reason == .orderCancelled)
        #expect(intent.held == .zero)
        #expect(try await world.executing { try await $0(job) } == .done)
        #expect(world.dhan.placements.count == 1)
    }

    @Test("A wish that comes while the order is sent is followed when the broker has accepted it")
    func whileSending() async throws {
        let world = DeskWorld()
        let job = try await world.plannedOrder()
        let store = world.store
        let request = world.cancelRequest(.everything, key: "meanwhile")
        world.dhan.set { script in
            script.place = { attempt in
                _ = try? await store.askToCancel(request)
                return .accepted(brokerOrderID: "B" + attempt.reference)
            }
        }
        _ = try await world.executing { try await $0(job) }
        #expect(world.store.intent(job.intent)?.state == .cancelRequested)
        #expect(try await world.store.due(.cancel, limit: 9) == [job])
    }

    @Test("A broker that does not answer is asked again later, with the order still asked for")
    func unanswered() async throws {
        let world = DeskWorld()
        let job = try await world.plannedOrder()
        try await world.accepted(job)
        let asked = try await world.cancel(.order(job.intent))
        world.dhan.set { script in
            script.cancel = { _ async throws(BrokerFailure) in throw .unreachable("timeout") }
        }
        for wait in [1, 2, 4] {
            _ = try await world.cancelling { try await $0(job) }
            #expect(try await world.store.due(.cancel, limit: 9).isEmpty)
            world.clock.advance(by: .seconds(wait))
            #expect(try await world.store.due(.cancel, limit: 9) == [job])
        }
        #expect(world.gate.silences.count == 3)
        let status = try #require(try await world.store.cancellation(asked.head.id))
        #expect(status.counts == [.asked: 1] && !status.isOver)
        #expect(world.store.intent(job.intent)?.state == .cancelRequested)
    }

    @Test("A broker that takes the wish and does nothing is looked at soon, and asked again later")
    func takenInVain() async throws {
        let world = DeskWorld()
        let job = try await world.plannedOrder()
        try await world.accepted(job)
        let asked = try await world.cancel(.order(job.intent))
        world.dhan.set { script in
            script.cancel = { _ async throws(BrokerFailure) in }
            script.look = { order async throws(BrokerFailure) in (order.saying(.open), []) }
        }
        for wait in [30, 60, 120] {
            _ = try await world.cancelling { try await $0(job) }
            #expect(world.store.intent(job.intent)?.state == .cancelRequested)
            world.clock.advance(by: .seconds(1))
            #expect(try await world.store.due(.live, limit: 9) == [job])
            #expect(try await world.store.due(.cancel, limit: 9).isEmpty)
            world.clock.advance(by: .seconds(wait - 1))
            #expect(try await world.store.due(.cancel, limit: 9) == [job])
        }
        #expect(world.dhan.cancels.count == 3)
        let open = try await world.store.openCancels()
        #expect(open.map(\.count) == [1])
        #expect(try await world.store.cancellation(asked.head.id)?.counts == [.asked: 1])
    }

    @Test("A refusal is believed only when the books show the order alive, three times")
    func refused() async throws {
        let world = DeskWorld()
        let job = try await world.plannedOrder()
        try await world.accepted(job)
        let asked = try await world.cancel(.order(job.intent))
        world.dhan.set { script in
            script.cancel = { _ async throws(BrokerFailure) in
                throw .refused(code: "DH-906", words: "not now")
            }
        }
        // Books that do not answer are no evidence.
        _ = try await world.cancelling { try await $0(job) }
        world.dhan.set { script in
            script.look = { order async throws(BrokerFailure) in (order.saying(.open), []) }
        }
        for _ in 0..<3 {
            #expect(world.store.intent(job.intent)?.state == .cancelRequested)
            _ = try await world.cancelling { try await $0(job) }
        }
        #expect(world.store.intent(job.intent)?.state == .open)
        let page = CancelPage(after: nil, limit: 9, results: [.refused])
        let row = try #require(
            try await world.store.cancelledOrders(asked.head.id, page).first
        )
        #expect(row.words?.contains("not now") == true && row.tries == 4)
        #expect(try await world.store.cancellation(asked.head.id)?.isOver == true)
        // It is asked no more, until somebody wishes it anew.
        _ = try await world.cancelling { try await $0(job) }
        #expect(world.dhan.cancels.count == 4)
        _ = try await world.cancel(.order(job.intent), key: "again")
        #expect(world.store.intent(job.intent)?.state == .cancelRequested)
    }

    @Test("A refusal of an order that has traded books the trade")
    func traded() async throws {
        let world = DeskWorld()
        let job = try await world.plannedOrder()
        try await world.accepted(job)
        let asked = try await world.cancel(.task(job.task))
        world.dhan.set { script in
            script.cancel = { _ async throws(BrokerFailure) in
                throw .refused(code: "DH-906", words: "Order is already TRADED")
            }
            script.look = { order async throws(BrokerFailure) in
                (order.saying(.filled, filled: 10), [order.trade(10)])
            }
        }
        _ = try await world.cancelling { try await $0(job) }
        #expect(world.store.intent(job.intent)?.state == .filled)
        #expect(try await world.store.cancellation(asked.head.id)?.counts == [.filled: 1])
    }

    @Test("Cancels have an allowance of their own, and wait where even that is used up")
    func pacing() async throws {
        let world = DeskWorld()
        let job = try await world.plannedOrder()
        try await world.accepted(job)
        let account = try #require(job.account)
        _ = try await world.cancel(.order(job.intent))
        world.pacer.script([.after(.seconds(40))], for: account)
        _ = try await world.cancelling { try await $0(job) }
        #expect(world.dhan.cancels.isEmpty)
        #expect(world.pacer.taken.last?.limits == world.dhan.traits.cancelLimits)
        world.clock.advance(by: .seconds(39))
        #expect(try await world.store.due(.cancel, limit: 9).isEmpty)
        world.clock.advance(by: .seconds(1))
        #expect(try await world.store.due(.cancel, limit: 9) == [job])
    }

    @Test("A broker that is left alone is asked to cancel all the same, a moment later")
    func breaker() async throws {
        let world = DeskWorld()
        let job = try await world.plannedOrder()
        try await world.accepted(job)
        _ = try await world.cancel(.order(job.intent))
        world.gate.set(.seconds(30), for: .dhan)
        let before = world.clock.now()
        _ = try await world.cancelling { try await $0(job) }
        #expect(world.dhan.cancels.count == 1)
        #expect(before.duration(to: world.clock.now()) == .seconds(1))
    }

    @Test("Too many calls let the account rest; a session that has ended is marked")
    func limitedAndEnded() async throws {
        let world = DeskWorld()
        let job = try await world.plannedOrder()
        try await world.accepted(job)
        _ = try await world.cancel(.order(job.intent))
        world.dhan.set { script in
            script.cancel = { _ async throws(BrokerFailure) in
                throw .limited(retryAfter: .seconds(2))
            }
        }
        _ = try await world.cancelling { try await $0(job) }
        #expect(world.pacer.pauses.map(\.account) == [job.account])
        world.clock.advance(by: .seconds(2))
        #expect(try await world.store.due(.cancel, limit: 9) == [job])
        world.dhan.set { script in
            script.cancel = { _ async throws(BrokerFailure) in throw .sessionEnded("expired") }
        }
        _ = try await world.cancelling { try await $0(job) }
        #expect(world.store.count(of: "markExpired") == 1)
        world.clock.advance(by: .seconds(59))
        #expect(try await world.store.due(.cancel, limit: 9).isEmpty)
        world.clock.advance(by: .seconds(1))
        #expect(try await world.store.due(.cancel, limit: 9) == [job])
    }

    @Test("What the queue did not take, a sweep brings; behind many it adds none")
    func swept() async throws {
        let world = DeskWorld()
        let job = try await world.plannedOrder()
        try await world.accepted(job)
        world.queue.refuse { if case .cancel = $0 { true } else { false } }
        _ = try await world.cancel(.order(job.intent))
        #expect(!world.queue.published.contains(.cancel(job)))
        world.queue.refuse(nil)
        world.clock.advance(by: .seconds(1))
        for backlog in [1_000, nil] {
            world.queue.pretendBacklog(backlog)
            _ = try await world.sweep().sweep()
            #expect(!world.queue.published.contains(.cancel(job)))
        }
        world.queue.pretendBacklog(999)
        _ = try await world.sweep().sweep()
        #expect(world.queue.published.contains(.cancel(job)))
    }

    @Test("A key stands for one wish; another under it is a conflict, and strangers find nothing")
    func keys() async throws {
        let world = DeskWorld()
        let job = try await world.plannedOrder()
        let first = try await world.cancel(.task(job.task), key: "k")
        guard
            case .repeated(let again) = try await world.submitCancel(
                world.cancelRequest(.task(job.task), key: "k")
            )
        else { return #expect(Bool(false), "not repeated") }
        #expect(again == first.head)
        guard
            case .conflict(let id) = try await world.submitCancel(
                world.cancelRequest(.order(job.intent), key: "k")
            )
        else { return #expect(Bool(false), "no conflict") }
        #expect(id == first.head.id)
        let stranger = world.store.addTrader()
        guard
            case .notFound = try await world.submitCancel(
                world.cancelRequest(.task(job.task), key: "s", trader: stranger)
            )
        else { return #expect(Bool(false), "found") }
    }

    @Test("A halt stops no cancel")
    func halted() async throws {
        let world = DeskWorld()
        let job = try await world.plannedOrder()
        try await world.accepted(job)
        try await world.store.setHalt(.everything, on: true, why: "test", by: Actor(user: nil))
        _ = try await world.cancel(.everything)
        world.dhan.set { script in
            script.cancel = { _ async throws(BrokerFailure) in }
            script.look = { order async throws(BrokerFailure) in (order.saying(.cancelled), []) }
        }
        _ = try await world.cancelling { try await $0(job) }
        #expect(world.store.intent(job.intent)?.state == .cancelled)
    }
}
