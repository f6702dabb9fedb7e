import RabbitMQ
import ServerTesting
import Testing

@Suite(.needs(.rabbitMQ))
struct RabbitMQConsumeTests {
    @Test func `No more messages come than the prefetch allows until some are acknowledged`()
        async throws
    {
        try await RabbitBench.run { bench in
            let queue = try await filled(bench, "prefetch", 20)
            let consumer = RabbitConsumer(bench.configuration, queue: queue, prefetch: 5)
            let first = try await take(5, from: consumer)
            // The server counts the other 15 as ready: it will not send them.
            try await eventually("15 are ready") {
                try await bench.admin.messageCount(queue) == 15
            }
            consumer.ack([first[0], first[1]])
            let second = try await take(2, from: consumer)
            #expect(second.map(\.body) == [[5], [6]])
            try await eventually("13 are ready") {
                try await bench.admin.messageCount(queue) == 13
            }
            await consumer.close()
        }
    }

    @Test
    func `Acknowledged in any order, and twice, each message is gone and the rest comes again`()
        async throws
    {
        try await RabbitBench.run { bench in
            let queue = try await filled(bench, "order", 10)
            let consumer = RabbitConsumer(bench.configuration, queue: queue, prefetch: 10)
            let all = try await take(10, from: consumer)
            consumer.ack([all[9], all[3], all[3], all[0]])
            consumer.ack([all[1], all[0], all[5]])
            await consumer.close()
            let again = RabbitConsumer(bench.configuration, queue: queue, prefetch: 10)
            let rest = try await take(5, from: again)
            #expect(Set(rest.map { $0.body[0] }) == [2, 4, 6, 7, 8])
            #expect(rest.allSatisfy { $0.redelivered })
            again.ack(rest)
            await again.close()
            try await expectEmpty(queue, bench)
        }
    }

    @Test func `A rejected message comes again with its count, then is a dead letter`()
        async throws
    {
        try await RabbitBench.run { bench in
            let dead = RabbitQueueDeclaration(name: bench.name("dead"))
            let queue = RabbitQueueDeclaration(
                name: bench.name("limited"),
                deadLetterExchange: "",
                deadLetterRoutingKey: dead.name,
                deadLettersAtLeastOnce: true,
                deliveryLimit: 2,
                overflow: .rejectPublish
            )
            try await bench.admin.declare([dead, queue])
            try await fill(queue.name, 1, bench)
            let consumer = RabbitConsumer(bench.configuration, queue: queue.name, prefetch: 5)
            var counts: [Int?] = []
            for _ in 0..<3 {
                let deliveries = try await take(1, from: consumer)
                counts.append(deliveries[0].deliveryCount)
                consumer.reject(deliveries, requeue: true)
            }
            #expect(counts == [nil, 1, 2])
            let reader = RabbitConsumer(bench.configuration, queue: dead.name, prefetch: 5)
            let letters = try await take(1, from: reader)
            #expect(letters[0].header("x-first-death-reason") == "delivery_limit")
            #expect(letters[0].header("x-first-death-queue") == queue.name)
            reader.ack(letters)
            await reader.close()
            await consumer.close()
            try await expectEmpty(dead.name, bench)
        }
    }

    @Test func `Rejected for good, a message goes to the dead letters at once`() async throws {
        try await RabbitBench.run { bench in
            let dead = RabbitQueueDeclaration(name: bench.name("dead"))
            let queue = RabbitQueueDeclaration(
                name: bench.name("once"),
                deadLetterExchange: "",
                deadLetterRoutingKey: dead.name
            )
            try await bench.admin.declare([dead, queue])
            try await fill(queue.name, 3, bench)
            let consumer = RabbitConsumer(bench.configuration, queue: queue.name, prefetch: 5)
            let all = try await take(3, from: consumer)
            consumer.reject([all[1]], requeue: false)
            consumer.ack([all[0], all[2]])
            let reader = RabbitConsumer(bench.configuration, queue: dead.name, prefetch: 5)
            #expect(try await take(1, from: reader).map(\.body) == [[1]])
            await reader.close()
            await consumer.close()
            try await expectEmpty(queue.name, bench)
        }
    }

    @Test func `A message waits out the queue's time to live, then moves on`() async throws {
        try await RabbitBench.run { bench in
            let target = RabbitQueueDeclaration(name: bench.name("target"))
            let delay = RabbitQueueDeclaration(
                name: bench.name("delay"),
                deadLetterExchange: "",
                deadLetterRoutingKey: target.name,
                messageTTL: .milliseconds(300)
            )
            try await bench.admin.declare([target, delay])
            try await fill(delay.name, 2, bench)
            let consumer = RabbitConsumer(bench.configuration, queue: target.name, prefetch: 5)
            let late = try await take(2, from: consumer)
            #expect(late.map(\.body) == [[0], [1]])
            #expect(late[0].header("x-first-death-reason") == "expired")
            consumer.ack(late)
            await consumer.close()
        }
    }

    @Test
    func `After a stop what was not handed out is back in the queue, what was can be acknowledged`()
        async throws
    {
        try await RabbitBench.run { bench in
            let queue = try await filled(bench, "stop", 10)
            let consumer = RabbitConsumer(bench.configuration, queue: queue, prefetch: 10)
            let taken = try await take(3, from: consumer)
            await consumer.stop()
            #expect(try await consumer.next(atMost: 10).isEmpty)
            try await eventually("seven are back, without closing") {
                try await bench.admin.messageCount(queue) == 7
            }
            consumer.ack(taken)
            await consumer.stop()
            await consumer.close()
            #expect(try await consumer.next(atMost: 10).isEmpty)
            let rest = try await bench.admin.get(queue, atMost: 100, requeue: false)
            #expect(rest.map { $0.body[0] }.sorted() == [3, 4, 5, 6, 7, 8, 9])
            try await expectEmpty(queue, bench)
        }
    }

    @Test func `Whoever waits for messages is let go by a stop`() async throws {
        try await RabbitBench.run { bench in
            let queue = try await filled(bench, "waiting", 0)
            let consumer = RabbitConsumer(bench.configuration, queue: queue, prefetch: 10)
            try await eventually("connected") { consumer.linkState == .connected }
            async let waiting = consumer.next(atMost: 10)
            await consumer.stop()
            #expect(try await waiting.isEmpty)
            await consumer.close()
        }
    }

    @Test func `A cancelled task stops waiting, and takes no message from others`() async throws {
        try await RabbitBench.run { bench in
            let queue = try await filled(bench, "cancelled", 0)
            let consumer = RabbitConsumer(bench.configuration, queue: queue, prefetch: 10)
            let task = Task { try await consumer.next(atMost: 10) }
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            try await fill(queue, 2, bench)
            #expect(try await take(2, from: consumer).map(\.body) == [[0], [1]])
            await consumer.close()
        }
    }

    private func expectEmpty(_ queue: String, _ bench: RabbitBench) async throws {
        try await eventually("\(queue) is empty") {
            try await bench.admin.messageCount(queue) == 0
        }
    }
}

/// A quorum queue with messages of one byte each, counting from 0.
func filled(_ bench: RabbitBench, _ suffix: String, _ count: UInt8) async throws -> String {
    let queue = RabbitQueueDeclaration(name: bench.name(suffix))
    try await bench.admin.declare([queue])
    try await fill(queue.name, count, bench)
    return queue.name
}

func fill(_ queue: String, _ count: UInt8, _ bench: RabbitBench) async throws {
    let publisher = RabbitPublisher(bench.configuration)
    let outcomes = await publisher.publish(
        (0..<count).map { RabbitMessage(routingKey: queue, body: [$0]) }
    )
    #expect(outcomes.allSatisfy { $0 == .confirmed })
    await publisher.close()
}
