package import Desk
package import Redis
import Trading

/// How brokers answer, in one hash of Redis: a field for each worker and broker.
package struct RedisBrokerHealth: BrokerHealthBoard {
    private let redis: RedisClient
    private let key: RedisArgument
    private let clock: any WallClock

    package init(redis: RedisClient, prefix: String = "", clock: any WallClock) {
        self.redis = redis
        self.clock = clock
        key = RedisArgument(prefix + "broker-health")
    }

    package func tell(_ health: [BrokerHealth], by worker: String) async {
        guard !health.isEmpty else { return }
        let now = clock.now()
        var command: [RedisArgument] = ["HSET", key]
        for broker in health {
            command.append(RedisArgument(worker + " " + broker.broker.rawValue))
            command.append(RedisArgument(Told(health: broker, at: now).text))
        }
        _ = try? await redis.command(command)
        _ = try? await redis.command(["EXPIRE", key, "600"])
    }

    package func told(maximumAge: Duration) async -> [BrokerHealth]? {
        guard let fields = (try? await redis.command(["HGETALL", key]))?.array else { return nil }
        let now = clock.now()
        var health: [BrokerHealth] = []
        var gone: [RedisArgument] = []
        for place in stride(from: 0, to: fields.count - 1, by: 2) {
            guard let name = fields[place].text else { continue }
            let word = name.split(separator: " ").last.map(String.init) ?? ""
            let told = BrokerName(rawValue: word).flatMap { broker in
                fields[place + 1].text.flatMap { Told($0, of: broker) }
            }
            guard let told, told.at.duration(to: now) <= maximumAge else {
                // A worker that has ended says nothing more, nor does anybody else in its place.
                gone.append(RedisArgument(name))
                continue
            }
            health.append(told.health)
        }
        if !gone.isEmpty { _ = try? await redis.command(["HDEL", key] + gone) }
        return health
    }

    /// One field's value: when it was told, and what.
    struct Told {
        let health: BrokerHealth
        let at: Timestamp

        init(health: BrokerHealth, at: Timestamp) {
            self.health = health
            self.at = at
        }

        /// Nil for what no worker has written.
        init?(_ text: String, of broker: BrokerName) {
            let words = text.split(separator: " ")
            let numbers = words.compactMap { Int64($0) }
            let moments = words.compactMap { Timestamp(written: $0) }
            // The first and the last two are moments, 0 for none; no number of ours is below 0.
            guard words.count == 5, numbers.count == 5, moments.count == 5 else { return nil }
            at = moments[0]
            health = BrokerHealth(
                broker: broker,
                isResting: numbers[1] == 1,
                silences: Int(numbers[2]),
                lastAnswer: numbers[3] > 0 ? Timestamp(microseconds: numbers[3]) : nil,
                lastSilence: numbers[4] > 0 ? Timestamp(microseconds: numbers[4]) : nil
            )
        }

        var text: String {
            let moments = [health.lastAnswer, health.lastSilence].map { $0?.microseconds ?? 0 }
            return "\(at.microseconds) \(health.isResting ? 1 : 0) \(health.silences)"
                + " \(moments[0]) \(moments[1])"
        }
    }
}
