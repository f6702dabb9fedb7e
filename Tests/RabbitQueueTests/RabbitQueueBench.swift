import Desk
import RabbitMQ
import RabbitQueue
import ServerTesting
import Testing
import Trading

/// Our queues on the tests' RabbitMQ, under a prefix that nobody else has, gone after the test.
struct RabbitQueueBench: Sendable {
    let configuration: RabbitConfiguration
    let topology: QueueTopology
    let admin: RabbitAdmin
    let queue: RabbitOrderQueue

    static func run(_ body: (RabbitQueueBench) async throws -> Void) async throws {
        let configuration = try RabbitConfiguration(url: TestServer.rabbitMQ.url())
        let topology = QueueTopology(prefix: TestNames.queuePrefix("orders"), brokers: [.dhan])
        var patient = configuration
        // Declaring the queues takes a while on a busy machine.
        patient.publishWait = .seconds(60)
        let publisher = RabbitPublisher(patient, topology: topology.declarations)
        let bench = RabbitQueueBench(
            configuration: configuration,
            topology: topology,
            admin: RabbitAdmin(configuration),
            queue: RabbitOrderQueue(publisher: publisher, topology: topology)
        )
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await body(bench)) } catch { outcome = .failure(error) }
        await publisher.close()
        for queue in topology.declarations { try? await bench.admin.delete(queue.name) }
        await bench.admin.close()
        try outcome.get()
    }

    /// Reads one queue while a body runs.
    func reading<R>(
        _ name: String,
        _ body: (RabbitQueueReader) async throws -> R
    ) async throws -> R {
        let consumer = RabbitConsumer(
            configuration,
            queue: name,
            prefetch: 100,
            topology: topology.declarations
        )
        let outcome: Result<R, any Error>
        do {
            outcome = .success(try await body(RabbitQueueReader(consumer: consumer)))
        } catch {
            outcome = .failure(error)
        }
        await consumer.close()
        return try outcome.get()
    }

    /// Messages of a queue that wait for a reader.
    func waiting(_ name: String) async throws -> Int { try await admin.messageCount(name) }
}

extension RabbitQueueReader {
    /// Takes so many messages, however they come.
    func take(_ count: Int) async throws -> [Delivery] {
        var all: [Delivery] = []
        while all.count < count {
            let more = try await next(atMost: count - all.count)
            if more.isEmpty { break }
            all += more
        }
        return all
    }
}
