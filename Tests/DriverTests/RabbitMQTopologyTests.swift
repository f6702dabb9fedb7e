import RabbitMQ
import ServerTesting
import Testing

@Suite(.needs(.rabbitMQ))
struct RabbitMQTopologyTests {
    @Test func `A queue that exists with other arguments is a conflict for everybody`()
        async throws
    {
        try await RabbitBench.run { bench in
            let name = bench.name("conflict")
            try await bench.admin.declare([RabbitQueueDeclaration(name: name, deliveryLimit: 3)])
            let other = RabbitQueueDeclaration(name: name, deliveryLimit: 4)
            func isConflict(_ error: RabbitError) -> Bool {
                guard case .conflict(queue: name, let reason) = error else { return false }
                return reason.contains("x-delivery-limit")
            }

            let error = await #expect(throws: RabbitError.self) {
                try await bench.admin.declare([other])
            }
            #expect(isConflict(try #require(error)))

            let consumer = RabbitConsumer(
                bench.configuration,
                queue: name,
                prefetch: 1,
                topology: [other]
            )
            let refusal = await #expect(throws: RabbitError.self) {
                try await consumer.next(atMost: 1)
            }
            #expect(isConflict(try #require(refusal)))
            await consumer.close()

            let publisher = RabbitPublisher(bench.configuration, topology: [other])
            let message = RabbitMessage(routingKey: name, body: [1])
            #expect(await publisher.publish([message]) == [.notSent])
            guard case .down(let reason) = publisher.linkState else {
                Issue.record("not down: \(publisher.linkState)")
                return
            }
            #expect(isConflict(reason))
            // Once the queue is gone, the same publisher declares its own and goes on.
            try await bench.admin.delete(name)
            try await eventually("mended") { publisher.linkState == .connected }
            #expect(await publisher.publish([message]) == [.confirmed])
            await publisher.close()
        }
    }

    @Test func `Declaring the same twice changes nothing`() async throws {
        try await RabbitBench.run { bench in
            let topology = [
                RabbitQueueDeclaration(name: bench.name("dead")),
                RabbitQueueDeclaration(
                    name: bench.name("all"),
                    deadLetterExchange: "",
                    deadLetterRoutingKey: "\(bench.prefix)dead",
                    deadLettersAtLeastOnce: true,
                    deliveryLimit: 5,
                    messageTTL: .seconds(3600),
                    maximumLength: 1_000_000,
                    maximumBytes: 1 << 30,
                    overflow: .rejectPublish,
                    expires: .seconds(600),
                    isSingleActiveConsumer: true
                ),
                RabbitQueueDeclaration(
                    name: bench.name("classic"),
                    kind: .classic,
                    isDurable: false,
                    overflow: .dropHead
                ),
            ]
            try await bench.admin.declare(topology)
            try await bench.admin.declare(topology)
            for queue in topology {
                #expect(try await bench.admin.messageCount(queue.name) == 0)
            }
        }
    }

    @Test func `The admin counts, shows, purges and deletes`() async throws {
        try await RabbitBench.run { bench in
            let queue = try await filled(bench, "admin", 5)
            try await eventually("five") { try await bench.admin.messageCount(queue) == 5 }
            let seen = try await bench.admin.get(queue, atMost: 3, requeue: true)
            #expect(seen.map(\.body) == [[0], [1], [2]])
            try await eventually("still five") { try await bench.admin.messageCount(queue) == 5 }
            #expect(try await bench.admin.purge(queue) == 5)
            #expect(try await bench.admin.get(queue, atMost: 3, requeue: false).isEmpty)
            try await bench.admin.delete(queue)
            try await bench.admin.delete(queue)
            await #expect(throws: RabbitError.notFound(queue: queue)) {
                try await bench.admin.messageCount(queue)
            }
            await #expect(throws: RabbitError.notFound(queue: queue)) {
                try await bench.admin.purge(queue)
            }
        }
    }

    @Test func `A consumer of a queue that is not there says so`() async throws {
        try await RabbitBench.run { bench in
            let name = bench.name("missing")
            let consumer = RabbitConsumer(bench.configuration, queue: name, prefetch: 1)
            await #expect(throws: RabbitError.notFound(queue: name)) {
                try await consumer.next(atMost: 1)
            }
            try await bench.admin.declare([RabbitQueueDeclaration(name: name)])
            try await eventually("connected") { consumer.linkState == .connected }
            await consumer.close()
        }
    }

    @Test func `A wrong password is refused in clear words, without the password`() async throws {
        try await RabbitBench.run { bench in
            let url = "amqp://guest:not-the-password@127.0.0.1:\(bench.configuration.port)/"
            let admin = RabbitAdmin(try RabbitConfiguration(url: url))
            let error = await #expect(throws: RabbitError.self) { try await admin.declare([]) }
            guard case .accessRefused(let reason) = error else {
                Issue.record("not refused: \(String(describing: error))")
                return
            }
            #expect(!reason.contains("not-the-password"))
        }
    }
}
