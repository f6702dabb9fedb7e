package import Desk
package import Redis
import Synchronization
package import Trading

/// Progress of tasks in Redis, and one channel on which their ids are called out.
///
/// One subscription serves all watchers of a process. `run()` must be running for bells to ring;
/// without Redis watchers hear nothing and go by their own timer.
package final class RedisProgressBoard: ProgressBoard {
    private struct Watchers {
        var nextID = 0
        var byTask: [TaskID: [Int: AsyncStream<Void>.Continuation]] = [:]
    }

    private let redis: RedisClient
    private let prefix: String
    private let clock: any WallClock
    private let watchers = Mutex(Watchers())

    package init(redis: RedisClient, prefix: String = "", clock: any WallClock) {
        self.redis = redis
        self.prefix = prefix
        self.clock = clock
    }

    private var channel: String { prefix + "tasks" }

    /// Passes on what is called out, until cancelled.
    package func run() async {
        for await event in redis.subscribe([channel]) {
            switch event {
            case .message(_, let payload):
                let ids = String(decoding: payload, as: UTF8.self).split(separator: " ")
                wake(ids.compactMap { Int64($0) }.map { TaskID($0) })
            case .reconnected:
                // Calls may have been missed: everybody looks.
                wake(watchers.withLock { Array($0.byTask.keys) })
            }
        }
    }

    package func ring(_ tasks: [TaskID]) async {
        let ids = tasks.map(\.description).joined(separator: " ")
        _ = try? await redis.command(["PUBLISH", RedisArgument(channel), RedisArgument(ids)])
    }

    package func bells(_ task: TaskID) -> AsyncStream<Void> {
        AsyncStream(bufferingPolicy: .bufferingNewest(1)) { continuation in
            let id = watchers.withLock { watchers in
                watchers.nextID += 1
                watchers.byTask[task, default: [:]][watchers.nextID] = continuation
                return watchers.nextID
            }
            continuation.onTermination = { [weak self] _ in
                self?.watchers.withLock { watchers in
                    watchers.byTask[task]?[id] = nil
                    if watchers.byTask[task]?.isEmpty == true { watchers.byTask[task] = nil }
                }
            }
        }
    }

    package func progress(_ task: TaskID, maximumAge: Duration) async -> [UInt8]? {
        guard let reply = try? await redis.command(["GET", key(task)]),
            case .string(let bytes) = reply, let (learned, progress) = Self.read(bytes)
        else { return nil }
        return learned.duration(to: clock.now()) <= maximumAge ? progress : nil
    }

    package func keep(_ progress: [UInt8], of task: TaskID) async {
        let stamp = Array("\(clock.now().microseconds) ".utf8)
        _ = try? await redis.command([
            "SET", key(task), RedisArgument(stamp + progress), "EX", "60",
        ])
    }

    /// When progress was learned, and the progress; nil for what none of us has written.
    static func read(_ bytes: [UInt8]) -> (learned: Timestamp, progress: [UInt8])? {
        guard let space = bytes.firstIndex(of: UInt8(ascii: " ")),
            let learned = Timestamp(written: Substring(decoding: bytes[..<space], as: UTF8.self))
        else { return nil }
        return (learned, Array(bytes[(space + 1)...]))
    }

    private func key(_ task: TaskID) -> RedisArgument { RedisArgument("\(prefix)task:\(task)") }

    private func wake(_ tasks: [TaskID]) {
        let continuations = watchers.withLock { watchers in
            tasks.flatMap { watchers.byTask[$0].map { Array($0.values) } ?? [] }
        }
        for continuation in continuations { continuation.yield() }
    }
}
