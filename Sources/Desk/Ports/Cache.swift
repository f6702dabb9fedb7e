package import Trading

/// Calls that an account may still make, counted across all workers.
package protocol Pacer: Sendable {
    /// Takes one order call for each account, all windows of its broker at once, whole batch in one
    /// step. Never fails: without a shared count each worker keeps to its own share.
    func take(_ requests: [PaceRequest]) async -> [PaceAnswer]

    /// Stops an account for a while, since its broker said that it calls too often.
    func pause(_ account: AccountID, broker: BrokerName, for duration: Duration) async
}

/// Which of the living workers this one is, told without the cache.
package protocol WorkerRoster: Sendable {
    /// Nil where it is not certain at this moment that all workers would say the same.
    func place() -> WorkerPlace?
}

/// A worker's place among all that live, from 0.
package struct WorkerPlace: Sendable, Equatable {
    package let place: Int
    package let count: Int

    package init(_ place: Int, of count: Int) {
        precondition((0..<count).contains(place))
        self.place = place
        self.count = count
    }
}

/// One call to be counted.
package struct PaceRequest: Sendable {
    /// Brokers count orders and reads apart.
    package enum Purpose: Sendable, Hashable {
        case order
        case read
    }

    package let account: AccountID
    package let broker: BrokerName
    package let limits: [RateLimit]
    package let purpose: Purpose

    package init(
        account: AccountID,
        broker: BrokerName,
        limits: [RateLimit],
        purpose: Purpose = .order
    ) {
        self.purpose = purpose
        self.account = account
        self.broker = broker
        self.limits = limits
    }
}

/// Whether a call may be made now.
package enum PaceAnswer: Sendable, Equatable {
    case now
    case after(Duration)
}

/// Last prices, remembered for a short time.
package protocol QuoteCache: Sendable {
    /// The price and its age, unless it is older than `maximumAge` or the cache is down.
    func quote(_ instrument: InstrumentID, maximumAge: Duration) async -> Quote?
    /// The prices of several with their ages and what is known of the day, however old; those that
    /// are not known are left out.
    func quotes(_ instruments: [InstrumentID]) async -> [InstrumentID: Quote]
    /// Remembers a price; failing to is no matter.
    func remember(_ price: Price, for instrument: InstrumentID) async
    /// Remembers what a feed told, all at once; failing to is no matter.
    func remember(_ ticks: [Tick]) async
}

extension QuoteCache {
    /// The price alone.
    package func price(_ instrument: InstrumentID, maximumAge: Duration) async -> Price? {
        await quote(instrument, maximumAge: maximumAge)?.price
    }
}

/// The hot copy of how far tasks have come, and the bell for those who watch.
package protocol ProgressBoard: Sendable {
    /// Says that something changed in these tasks; failing to is no matter.
    func ring(_ tasks: [TaskID]) async
    /// An element whenever the task may have changed; also when a bell may have been missed.
    func bells(_ task: TaskID) -> AsyncStream<Void>
    /// The copy, unless it is older than `maximumAge` or there is none.
    func progress(_ task: TaskID, maximumAge: Duration) async -> [UInt8]?
    /// Keeps a copy for others.
    func keep(_ progress: [UInt8], of task: TaskID) async
}

/// What is the time, and how long is a while.
package protocol WallClock: Sendable {
    /// The present moment.
    func now() -> Timestamp
    /// The present moment for deadlines within this process; never put back.
    func monotonicNow() -> ContinuousClock.Instant
    /// Waits; throws when cancelled.
    func sleep(for duration: Duration) async throws
}

extension WallClock {
    /// The machine's own monotonic clock.
    package func monotonicNow() -> ContinuousClock.Instant { ContinuousClock.now }
}
