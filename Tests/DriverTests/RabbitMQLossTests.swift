import NetworkTrouble
import RabbitMQ
import ServerTesting
import Testing

@Suite(.needs(.rabbitMQ))
struct RabbitMQLossTests {
    @Test func `Cut in the middle, every message has an honest outcome and later ones get through`()
        async throws
    {
        try await RabbitBench.run { bench in
            let queue = RabbitQueueDeclaration(name: bench.name("cut"))
            let proxy = CuttableProxy(to: bench.configuration.port)
            let publisher = RabbitPublisher(
                try bench.configuration(through: proxy),
                topology: [queue]
            )
            let first = await publisher.publish([message(queue, 0)])
            #expect(first == [.confirmed])
            // No confirm comes back, so the cut is in the middle for certain.
            proxy.set(.mute)
            let before = proxy.bytesFromClients
            async let pending = publisher.publish((1...5000).map { message(queue, $0) })
            try await eventually("some are written") { proxy.bytesFromClients > before + 10_000 }
            proxy.cut()
            proxy.set(.open)
            let outcomes = await pending
            #expect(outcomes.count == 5000)
            #expect(outcomes.contains(.unknown))
            #expect(outcomes.allSatisfy { $0 == .unknown || $0 == .notSent || $0 == .confirmed })
            let later = await publisher.publish([message(queue, 5001)])
            #expect(later == [.confirmed])
            await publisher.close()

            // What was confirmed is there; what is there was not called unsent.
            let all = try await bench.admin.get(queue.name, atMost: 6000, requeue: false)
            let bodies = Set(all.map { String(decoding: $0.body, as: UTF8.self) })
            for (index, outcome) in outcomes.enumerated() {
                let isThere = bodies.contains("\(index + 1)")
                if outcome == .confirmed { #expect(isThere) }
                if outcome == .notSent { #expect(!isThere) }
            }
            #expect(bodies.contains("5001"))
            #expect(bodies.count == all.count)
            proxy.close()
        }
    }

    @Test func `While the server cannot be reached nothing is sent, and nobody waits for ever`()
        async throws
    {
        try await RabbitBench.run { bench in
            let queue = RabbitQueueDeclaration(name: bench.name("down"))
            let proxy = CuttableProxy(to: bench.configuration.port)
            proxy.set(.refusing)
            var settings = try bench.configuration(through: proxy)
            settings.publishWait = .milliseconds(200)
            let publisher = RabbitPublisher(settings, topology: [queue])
            let outcomes = try await withTimeLimit {
                await publisher.publish([message(queue, 1), message(queue, 2)])
            }
            #expect(outcomes == [.notSent, .notSent])
            proxy.set(.open)
            try await eventually("it connects by itself") { publisher.linkState == .connected }
            #expect(await publisher.publish([message(queue, 3)]) == [.confirmed])
            await publisher.close()
            proxy.close()
        }
    }

    @Test func `A server that confirms nothing is given up after the limit`() async throws {
        try await RabbitBench.run { bench in
            let queue = RabbitQueueDeclaration(name: bench.name("silent"))
            let proxy = CuttableProxy(to: bench.configuration.port)
            var settings = try bench.configuration(through: proxy)
            settings.confirmTimeout = .seconds(2)
            let publisher = RabbitPublisher(settings, topology: [queue])
            try await eventually("it works") {
                await publisher.publish([message(queue, 1)]) == [.confirmed]
            }
            proxy.set(.mute)
            let outcomes = try await withTimeLimit {
                await publisher.publish([message(queue, 2)])
            }
            #expect(outcomes == [.unknown])
            proxy.set(.open)
            await publisher.close()
            proxy.close()
        }
    }

    @Test func `After a cut unacknowledged messages come again, and late answers change nothing`()
        async throws
    {
        try await RabbitBench.run { bench in
            let queue = try await filled(bench, "again", 8)
            let proxy = CuttableProxy(to: bench.configuration.port)
            let consumer = RabbitConsumer(
                try bench.configuration(through: proxy),
                queue: queue,
                prefetch: 6
            )
            var old = try await take(6, from: consumer)
            consumer.ack([old[0], old[1]])
            // That two more come shows that the server has the acknowledgements.
            old += try await take(2, from: consumer)
            proxy.cut()
            let new = try await take(6, from: consumer)
            #expect(new.map { $0.body[0] }.sorted() == [2, 3, 4, 5, 6, 7])
            #expect(new.allSatisfy { $0.redelivered })
            consumer.ack(old)
            consumer.reject(old, requeue: false)
            // Were a stale answer written, the server would close the channel or lose a message.
            consumer.ack([new[0]])
            await consumer.stop()
            #expect(consumer.linkState == .connected)
            await consumer.close()
            let rest = try await bench.admin.get(queue, atMost: 10, requeue: false)
            #expect(Set(rest.map(\.body)) == Set(new[1...].map(\.body)))
            proxy.close()
        }
    }

    @Test func `A consumer that waits while the server is away gets messages when it is back`()
        async throws
    {
        try await RabbitBench.run { bench in
            let queue = try await filled(bench, "away", 0)
            let proxy = CuttableProxy(to: bench.configuration.port)
            let consumer = RabbitConsumer(
                try bench.configuration(through: proxy),
                queue: queue,
                prefetch: 10
            )
            try await eventually("connected") { consumer.linkState == .connected }
            proxy.set(.refusing)
            proxy.cut()
            async let waiting = take(2, from: consumer)
            try await eventually("noticed") { consumer.linkState != .connected }
            try await fill(queue, 2, bench)
            proxy.set(.open)
            #expect(try await waiting.map(\.body) == [[0], [1]])
            await consumer.close()
            proxy.close()
        }
    }

    @Test func `With nothing to do a connection outlives three heartbeats`() async throws {
        try await RabbitBench.run { bench in
            let queue = RabbitQueueDeclaration(name: bench.name("idle"))
            let proxy = CuttableProxy(to: bench.configuration.port)
            var settings = try bench.configuration(through: proxy)
            // Long enough that a busy machine does not keep us from two of them.
            settings.heartbeat = .seconds(6)
            let publisher = RabbitPublisher(settings, topology: [queue])
            let consumer = RabbitConsumer(
                settings,
                queue: queue.name,
                prefetch: 5,
                topology: [queue]
            )
            // On a busy machine a first attempt to connect may come to nothing.
            try await eventually("the first message is taken") {
                await publisher.publish([message(queue, 1)]) == [.confirmed]
            }
            consumer.ack(try await take(1, from: consumer))
            let before = proxy.bytesFromClients
            let connections = proxy.accepted
            // A heartbeat has 8 bytes; two connections, three beats each. The server ends a
            // connection that misses two.
            try await eventually("three beats") {
                proxy.bytesFromClients >= before + 2 * 3 * 8 + 21
            }
            try await eventually("the second message is taken") {
                await publisher.publish([message(queue, 2)]) == [.confirmed]
            }
            #expect(try await take(1, from: consumer).count == 1)
            #expect(proxy.accepted == connections)
            await consumer.close()
            await publisher.close()
            proxy.close()
        }
    }

    @Test func `A server that falls silent is noticed by its missing heartbeats`() async throws {
        try await RabbitBench.run { bench in
            let queue = try await filled(bench, "mute", 0)
            let proxy = CuttableProxy(to: bench.configuration.port)
            var settings = try bench.configuration(through: proxy)
            settings.heartbeat = .seconds(1)
            let consumer = RabbitConsumer(settings, queue: queue, prefetch: 5)
            try await eventually("connected") { consumer.linkState == .connected }
            proxy.set(.mute)
            try await eventually("noticed") { consumer.linkState != .connected }
            proxy.set(.open)
            try await eventually("connected again") { consumer.linkState == .connected }
            await consumer.close()
            proxy.close()
        }
    }
}

private func message(_ queue: RabbitQueueDeclaration, _ number: Int) -> RabbitMessage {
    RabbitMessage(routingKey: queue.name, body: Array("\(number)".utf8))
}
