import Glibc
import HTTPClient
import JSON
import Postgres
import RabbitMQ
import Redis
import Telemetry

/// The least that must happen for an order, and nothing else.
///
/// A confirmed message in a quorum queue, a batch taken, one transaction that reserves and inserts,
/// one POST an order, one transaction that records, one acknowledgement and one Redis write a batch.
/// No sizing, no ledger, no audit, no pace, no fills.
final class MinimalLoop: Sendable {
    /// What one round showed.
    struct Result: Sendable {
        let orders: Int
        let seconds: Double
        let cpuSeconds: Double
        let problem: String?

        var ordersPerSecond: Double { Double(orders) / max(seconds, 0.000_001) }
        /// Processor seconds for 1,000 orders, of all processes and of this one.
        var cost: Double { cpuSeconds * 1_000 / Double(max(1, orders)) }
    }

    private static let queue = "minimal"
    /// As many orders at once, and as many in one transaction, as a worker has.
    private static let (slots, batch) = (512, 256)

    private let stack: MeasuredStack
    private let broker: String
    private let http: HTTPClient
    private let pool: PostgresPool
    private let publisher: RabbitPublisher
    private let consumer: RabbitConsumer
    private let redis: RedisClient
    private let books: MinimalBooks

    /// Connects to the servers of a stack.
    init(_ stack: MeasuredStack, broker: String) async throws {
        self.stack = stack
        self.broker = broker
        http = HTTPClient(
            HTTPClientConfiguration(maximumConnections: Self.slots, perHost: Self.slots)
        )
        pool = PostgresPool(try PostgresConfiguration(url: stack.databaseURL), size: 4)
        let rabbit = try RabbitConfiguration(url: stack.direct["VOLLEY_AMQP_URL"] ?? "")
        let topology = [RabbitQueueDeclaration(name: Self.queue)]
        publisher = RabbitPublisher(rabbit, topology: topology)
        consumer = RabbitConsumer(
            rabbit,
            queue: Self.queue,
            prefetch: Self.slots,
            topology: topology
        )
        redis = RedisClient(try RedisConfiguration(url: stack.direct["VOLLEY_REDIS_URL"] ?? ""))
        books = try await MinimalBooks(stack, broker: broker)
    }

    func close() async {
        await consumer.close()
        await publisher.close()
        await redis.close()
        await http.close()
        await pool.close()
    }

    /// Does so many orders, each for an account of its own, from the first publish to the last commit.
    func run(orders: Int) async throws -> Result {
        let ids = try await books.prepare(orders: orders)
        let (before, own, began) = (stack.read(), Self.ownSeconds(), ContinuousClock.now)
        try await withThrowingTaskGroup { group in
            group.addTask { [self] in try await publish(ids) }
            group.addTask { [self] in try await work(orders) }
            try await group.waitForAll()
        }
        let seconds = began.duration(to: .now) / .seconds(1)
        let cpu = stack.read().cpuSeconds(since: before) + Self.ownSeconds() - own
        return Result(
            orders: orders,
            seconds: seconds,
            cpuSeconds: cpu,
            problem: try await books.problem(ids)
        )
    }

    private func publish(_ ids: Range<Int64>) async throws {
        for start in stride(from: ids.lowerBound, to: ids.upperBound, by: 2_000) {
            let messages = (start..<min(start + 2_000, ids.upperBound)).map {
                RabbitMessage(routingKey: Self.queue, body: Array("\($0)".utf8))
            }
            let outcomes = await publisher.publish(messages)
            guard outcomes.allSatisfy({ $0 == .confirmed }) else {
                throw Unusable(description: "a message was not confirmed")
            }
        }
    }

    /// Two batches at once, so that one sends while the other is written down.
    private func work(_ orders: Int) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            var left = orders
            var running = 0
            while left > 0 {
                let deliveries = try await consumer.next(atMost: min(left, Self.batch))
                left -= deliveries.count
                if running == Self.slots / Self.batch {
                    try await group.next()
                    running -= 1
                }
                running += 1
                group.addTask { [self] in try await execute(deliveries) }
            }
            try await group.waitForAll()
        }
    }

    private func execute(_ deliveries: [RabbitDelivery]) async throws {
        let ids = deliveries.compactMap { Int64(String(decoding: $0.body, as: UTF8.self)) }
        let all = PostgresValue.ints(ids)
        let references = PostgresValue.texts(ids.map { "MINIMAL\($0)" })
        _ = try await pool.pipeline([(Self.reserve, [all]), (Self.insert, [all, references])])
        let answers = try await withThrowingTaskGroup(of: (Int64, String).self) { group in
            for id in ids { group.addTask { [self] in (id, try await place(id)) } }
            return try await group.reduce(into: [(Int64, String)]()) { $0.append($1) }
        }
        let answered = PostgresValue.ints(answers.map(\.0))
        _ = try await pool.query(Self.record, [answered, .texts(answers.map(\.1))])
        consumer.ack(deliveries)
        _ = try await redis.command(["SET", "minimal", RedisArgument(ids.count)])
    }

    /// One POST; the broker's number of the order.
    private func place(_ id: Int64) async throws -> String {
        let client = 1_100_000_000 + id
        let body =
            "{\"dhanClientId\":\"\(client)\",\"correlationId\":\"MINIMAL\(id)\","
            + "\"transactionType\":\"BUY\",\"exchangeSegment\":\"NSE_EQ\",\"productType\":\"CNC\","
            + "\"orderType\":\"MARKET\",\"validity\":\"DAY\",\"securityId\":\"2885\","
            + "\"quantity\":1,\"disclosedQuantity\":0,\"price\":0,\"triggerPrice\":0,"
            + "\"afterMarketOrder\":false}"
        let request = HTTPRequest(
            method: "POST",
            url: broker + "/dhan/v2/orders",
            headers: [
                ("Content-Type", "application/json"), ("access-token", "token-\(id)"),
                ("client-id", "\(client)"),
            ],
            body: Array(body.utf8),
            timeout: .seconds(30)
        )
        let answer = try await http.send(request)
        guard let order = try JSONValue(parsing: answer.body)["orderId"]?.string else {
            let words = String(decoding: answer.body, as: UTF8.self)
            throw Unusable(description: "an order of the minimal loop was refused: \(words)")
        }
        return order
    }

    /// Of this process alone: its children have accounts of their own.
    private static func ownSeconds() -> Double {
        var use = rusage()
        getrusage(CInt(RUSAGE_SELF.rawValue), &use)
        return Double(use.ru_utime.tv_sec + use.ru_stime.tv_sec)
            + Double(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1_000_000
    }

    private static let reserve = PostgresStatement(
        "UPDATE minimal_account SET held = held + 295000 WHERE id = ANY ($1::bigint[])"
    )
    private static let insert = PostgresStatement(
        """
        INSERT INTO minimal_order (id, reference, state)
        SELECT n.id, n.reference, 'SENDING'
        FROM unnest($1::bigint[], $2::text[]) AS n (id, reference)
        """
    )
    private static let record = PostgresStatement(
        """
        UPDATE minimal_order AS o SET state = 'ACCEPTED', broker_order_id = n.broker_order_id
        FROM unnest($1::bigint[], $2::text[]) AS n (id, broker_order_id) WHERE o.id = n.id
        """
    )
}
