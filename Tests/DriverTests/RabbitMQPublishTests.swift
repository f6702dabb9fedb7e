import RabbitMQ
import ServerTesting
import Telemetry
import Testing

@Suite(.needs(.rabbitMQ))
struct RabbitMQPublishTests {
    @Test func `Twenty thousand messages are confirmed, consumed once each and acknowledged`()
        async throws
    {
        try await RabbitBench.run { bench in
            let count = 20_000
            let queue = RabbitQueueDeclaration(name: bench.name("many"))
            let publisher = RabbitPublisher(bench.configuration, topology: [queue])
            let start = ContinuousClock.now
            let confirmed = await withTaskGroup(of: Int.self) { group in
                for part in 0..<10 {
                    group.addTask {
                        let messages = (0..<(count / 10)).map { index in
                            RabbitMessage(
                                routingKey: queue.name,
                                body: Array("\(part * count / 10 + index)".utf8)
                            )
                        }
                        return await publisher.publish(messages).count { $0 == .confirmed }
                    }
                }
                return await group.reduce(0, +)
            }
            #expect(confirmed == count)
            report("published", count, since: start)

            let consumer = RabbitConsumer(bench.configuration, queue: queue.name, prefetch: 500)
            let began = ContinuousClock.now
            var seen: Set<String> = []
            while seen.count < count {
                let deliveries = try await withTimeLimit { try await consumer.next(atMost: 100) }
                for delivery in deliveries {
                    #expect(!delivery.redelivered)
                    seen.insert(String(decoding: delivery.body, as: UTF8.self))
                }
                consumer.ack(deliveries)
            }
            report("consumed", count, since: began)
            await consumer.close()
            await publisher.close()
            try await eventually("the queue is empty") {
                try await bench.admin.messageCount(queue.name) == 0
            }
        }
    }

    @Test func `Many callers with one message each get their own outcome`() async throws {
        try await RabbitBench.run { bench in
            let queue = RabbitQueueDeclaration(name: bench.name("callers"))
            let metrics = Metrics()
            let publisher = RabbitPublisher(
                bench.configuration,
                topology: [queue],
                metrics: metrics
            )
            let outcomes = await withTaskGroup(of: (Int, [PublishOutcome]).self) { group in
                for caller in 0..<1000 {
                    let key = caller % 3 == 0 ? "\(bench.prefix)nowhere" : queue.name
                    group.addTask {
                        let message = RabbitMessage(routingKey: key, body: [1])
                        return (caller, await publisher.publish([message]))
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            for (caller, outcome) in outcomes {
                let expected: PublishOutcome =
                    caller % 3 == 0 ? .returned(code: 312, text: "NO_ROUTE") : .confirmed
                #expect(outcome == [expected])
            }
            await publisher.close()
            let text = String(decoding: metrics.exposition(), as: UTF8.self)
            #expect(text.contains(#"rabbitmq_published_total{outcome="confirmed"} 666"#))
            #expect(text.contains(#"rabbitmq_published_total{outcome="returned"} 334"#))
        }
    }

    @Test func `Messages of one call arrive in order, each with all that was set`() async throws {
        try await RabbitBench.run { bench in
            let queue = RabbitQueueDeclaration(name: bench.name("whole"))
            let publisher = RabbitPublisher(bench.configuration, topology: [queue])
            // Larger than a frame, which has 131,072 bytes.
            let large = (0..<400_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            let outcomes = await publisher.publish([
                RabbitMessage(routingKey: queue.name, body: []),
                RabbitMessage(
                    routingKey: queue.name,
                    body: large,
                    headers: [("traceparent", "00-ab-cd-01"), ("naïve", "ü\u{1F41F}")],
                    messageID: "id 7",
                    priority: 4,
                    expiration: .seconds(60)
                ),
                RabbitMessage(routingKey: queue.name, body: [0, 255, 206]),
            ])
            #expect(outcomes == [.confirmed, .confirmed, .confirmed])
            let consumer = RabbitConsumer(bench.configuration, queue: queue.name, prefetch: 10)
            let deliveries = try await take(3, from: consumer)
            #expect(deliveries.map(\.body) == [[], large, [0, 255, 206]])
            #expect(deliveries[1].header("traceparent") == "00-ab-cd-01")
            #expect(deliveries[1].header("naïve") == "ü\u{1F41F}")
            #expect(deliveries[1].messageID == "id 7")
            #expect(deliveries[1].routingKey == queue.name)
            #expect(deliveries[0].headers.isEmpty && deliveries[0].messageID == nil)
            consumer.ack(deliveries)
            await consumer.close()
            await publisher.close()
        }
    }

    @Test func `A full queue that rejects makes the outcome refused`() async throws {
        try await RabbitBench.run { bench in
            let queue = RabbitQueueDeclaration(
                name: bench.name("full"),
                kind: .classic,
                maximumLength: 3,
                overflow: .rejectPublish
            )
            let publisher = RabbitPublisher(bench.configuration, topology: [queue])
            var outcomes: [PublishOutcome] = []
            for _ in 0..<5 {
                outcomes += await publisher.publish([
                    RabbitMessage(routingKey: queue.name, body: [1])
                ])
            }
            #expect(outcomes == [.confirmed, .confirmed, .confirmed, .refused, .refused])
            await publisher.close()
        }
    }

    @Test func `Publishing nothing is done at once, and after closing nothing is sent`()
        async throws
    {
        try await RabbitBench.run { bench in
            let publisher = RabbitPublisher(bench.configuration)
            #expect(await publisher.publish([]).isEmpty)
            await publisher.close()
            let message = RabbitMessage(routingKey: "anywhere", body: [1])
            #expect(await publisher.publish([message, message]) == [.notSent, .notSent])
            #expect(publisher.linkState == .closed)
            await publisher.close()
        }
    }
}

/// Shown, not judged: the machine is shared.
private func report(_ what: String, _ count: Int, since start: ContinuousClock.Instant) {
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    Testing.Attachment.record("\(what) \(count) in \(seconds) s", named: "\(what).txt")
}
