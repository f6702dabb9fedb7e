import Desk
import Synchronization

/// Lets orders go before looks at orders: a trade's price moves while a client waits for the order,
/// and a fill is no less true for being read a little later.
///
/// Looks wait while many orders are under way and come to their ends, but not for ever: see
/// ``longestWait``. Orders that only wait for a broker's answer need nothing that a look could take.
final class Precedence: Sendable {
    /// How long a look waits at most.
    static let longestWait: Duration = .seconds(4)
    /// How long no order has to end until those in hand count as waiting for their brokers.
    private static let standstill: Duration = .milliseconds(250)
    private static let pause: Duration = .milliseconds(50)

    private let orders = Atomic<Int>(0)
    private let ended = Atomic<Int>(0)
    private let many: Int
    private let clock: any WallClock

    /// - Parameters:
    ///   - many: from how many orders at once on looks have to wait.
    ///   - clock: what looks wait by.
    init(many: Int, clock: any WallClock) {
        self.many = many
        self.clock = clock
    }

    /// Does the work of a message, when its turn has come.
    func perform<R: Sendable>(_ message: QueueMessage, _ work: () async throws -> R) async throws
        -> R
    {
        switch message {
        case .order, .orderLater: return try await count(1, work)
        case .orders(_, let jobs), .ordersLater(_, let jobs, _):
            return try await count(jobs.count, work)
        case .look:
            var (waited, still): (Duration, Duration) = (.zero, .zero)
            var last = ended.load(ordering: .relaxed)
            while waited < Self.longestWait, still < Self.standstill,
                orders.load(ordering: .relaxed) >= many
            {
                try await clock.sleep(for: Self.pause)
                waited += Self.pause
                let now = ended.load(ordering: .relaxed)
                still = now == last ? still + Self.pause : .zero
                last = now
            }
            return try await work()
        case .plan, .doubt, .cancel, .modify:
            return try await work()
        }
    }

    private func count<R: Sendable>(_ number: Int, _ work: () async throws -> R) async throws -> R {
        orders.add(number, ordering: .relaxed)
        defer {
            orders.subtract(number, ordering: .relaxed)
            ended.add(number, ordering: .relaxed)
        }
        return try await work()
    }
}
