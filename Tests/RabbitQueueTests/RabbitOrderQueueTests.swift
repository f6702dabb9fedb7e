import Desk
import RabbitMQ
import RabbitQueue
import ServerTesting
import Testing
import Trading

/// From publish to acknowledgement, on a real server.
@Suite("Rabbit order queue", .needs(.rabbitMQ), .timeLimit(.minutes(20)))
struct RabbitOrderQueueTests {
    private static func job(_ number: Int64) -> OrderJob {
        OrderJob(
            intent: IntentID(number),
            task: TaskID(1),
            broker: .dhan,
            account: AccountID(number)
        )
    }

    @Test("Each message goes into its queue, is held there, read, and forgotten once acknowledged")
    func publishReadAcknowledge() async throws {
        try await RabbitQueueBench.run { bench in
            let topology = bench.topology
            let job = Self.job(1)
            let ways: [(QueueMessage, String)] = [
                (.plan(TaskID(1)), topology.plan),
                (.orders(.dhan, [job, Self.job(2)]), topology.orders(.dhan, small: false)),
                (.order(job, small: true), topology.orders(.dhan, small: true)),
                (.doubt(job), topology.doubt), (.cancel(job), topology.cancels),
                (.modify(job), topology.modifications),
                (.look(.dhan, [job, Self.job(2)]), topology.fills),
            ]
            #expect(await bench.queue.publish(ways.map(\.0)) == ways.map { _ in true })
            for (message, name) in ways {
                try await bench.reading(name) { reader in
                    let taken = try await reader.take(1)
                    #expect(taken.map(\.message) == [message])
                    #expect(taken.map(\.isRepeated) == [false])
                    reader.acknowledge(taken)
                    // The next message shows that the first was taken off the queue in order.
                    #expect(await bench.queue.publish([message]) == [true])
                    let next = try await reader.take(1)
                    #expect(next.map(\.isRepeated) == [false])
                    reader.acknowledge(next)
                    await reader.stop()
                    #expect(try await reader.next(atMost: 1).isEmpty)
                }
                try await eventually("\(name) is empty") { try await bench.waiting(name) == 0 }
                // Nothing comes again to another reader.
                #expect(try await bench.admin.get(name, atMost: 1, requeue: false).isEmpty)
            }
        }
    }

    @Test("What is not acknowledged comes again, to another reader")
    func notAcknowledged() async throws {
        try await RabbitQueueBench.run { bench in
            let messages = (1...20).map { QueueMessage.doubt(Self.job($0)) }
            #expect(await bench.queue.publish(messages) == messages.map { _ in true })
            try await bench.reading(bench.topology.doubt) { reader in
                let taken = try await reader.take(20)
                #expect(taken.map(\.message) == messages)
                #expect(Set(taken.map(\.tag)).count == 20)
                reader.acknowledge(Array(taken.prefix(15)))
                // Gone without a word about the other five.
            }
            try await bench.reading(bench.topology.doubt) { reader in
                let again = try await reader.take(5)
                #expect(again.map(\.message) == Array(messages.suffix(5)))
                #expect(again.map(\.isRepeated) == again.map { _ in true })
                reader.acknowledge(again)
                await reader.stop()
            }
        }
    }

    @Test("What is given back comes again")
    func givenBack() async throws {
        try await RabbitQueueBench.run { bench in
            #expect(await bench.queue.publish([.plan(TaskID(5))]) == [true])
            try await bench.reading(bench.topology.plan) { reader in
                let first = try await reader.take(1)
                reader.giveBack(first)
                // A delivery is answered once: what is said later of it is ignored.
                reader.acknowledge(first)
                let second = try await reader.take(1)
                #expect(second.map(\.message) == [.plan(TaskID(5))])
                #expect(second.map(\.isRepeated) == [true])
                reader.acknowledge(second)
                await reader.stop()
            }
        }
    }

    @Test("What nobody understands is put aside, and what comes after it is read")
    func undecodable() async throws {
        try await RabbitQueueBench.run { bench in
            let plan = bench.topology.plan
            let stranger = RabbitPublisher(
                bench.configuration,
                topology: bench.topology.declarations
            )
            let outcomes = await stranger.publish([
                RabbitMessage(routingKey: plan, body: Array("make me rich".utf8)),
                RabbitMessage(routingKey: plan, body: [0xFF, 0x00]),
                RabbitMessage(routingKey: plan, body: Array("plan 3".utf8)),
            ])
            #expect(outcomes == [.confirmed, .confirmed, .confirmed])
            await stranger.close()
            try await bench.reading(plan) { reader in
                let taken = try await reader.take(1)
                #expect(taken.map(\.message) == [.plan(TaskID(3))])
                reader.acknowledge(taken)
                await reader.stop()
            }
            try await eventually("both are put aside") {
                try await bench.waiting(plan + ".dead") == 2
            }
            let dead = try await bench.admin.get(plan + ".dead", atMost: 3, requeue: false)
            #expect(Set(dead.map(\.body)) == [Array("make me rich".utf8), [0xFF, 0x00]])
        }
    }

    @Test("An order for later waits in its waiting room, and comes back to its lane")
    func later() async throws {
        try await RabbitQueueBench.run { bench in
            let soon = QueueMessage.orderLater(Self.job(1), small: true, .seconds(1))
            let late = QueueMessage.orderLater(Self.job(2), small: true, .seconds(60))
            #expect(await bench.queue.publish([soon, late]) == [true, true])
            let lane = bench.topology.orders(.dhan, small: true)
            try await bench.reading(lane) { reader in
                let taken = try await reader.take(1)
                #expect(taken.map(\.message) == [.order(Self.job(1), small: true)])
                reader.acknowledge(taken)
                await reader.stop()
            }
            // The other stays in the room of a minute.
            try await eventually("the long wait is waited") {
                try await bench.waiting(lane + ".wait60") == 1
            }
        }
    }

    @Test("A message for a queue that is not there is not held by anybody")
    func noQueue() async throws {
        try await RabbitQueueBench.run { bench in
            let job = OrderJob(
                intent: IntentID(1),
                task: TaskID(1),
                broker: .groww,
                account: nil
            )
            let held = await bench.queue.publish([.plan(TaskID(1)), .order(job, small: true)])
            #expect(held == [true, false])
        }
    }

    @Test("Without a server nothing is held, and the answer comes all the same")
    func noServer() async throws {
        let nowhere = try RabbitConfiguration(url: "amqp://guest:guest@127.0.0.1:1/")
        let topology = QueueTopology(prefix: TestNames.queuePrefix(), brokers: [.dhan])
        let publisher = RabbitPublisher(nowhere, topology: topology.declarations)
        let queue = RabbitOrderQueue(publisher: publisher, topology: topology)
        let messages = (1...3).map { QueueMessage.plan(TaskID($0)) }
        #expect(await queue.publish(messages) == [false, false, false])
        #expect(await queue.publish([]).isEmpty)
        await publisher.close()
    }

    @Test("More messages than one batch are all held, in order")
    func manyMessages() async throws {
        try await RabbitQueueBench.run { bench in
            let messages = (1...4_500).map { QueueMessage.doubt(Self.job($0)) }
            let held = await bench.queue.publish(messages)
            #expect(held == messages.map { _ in true })
            try await bench.reading(bench.topology.doubt) { reader in
                var count = 0
                while count < 4_500 {
                    let taken = try await reader.next(atMost: 100)
                    #expect(taken.map(\.message) == Array(messages[count..<count + taken.count]))
                    reader.acknowledge(taken)
                    count += taken.count
                }
                await reader.stop()
            }
        }
    }
}
