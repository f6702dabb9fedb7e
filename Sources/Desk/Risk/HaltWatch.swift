import Synchronization
package import Trading

/// The halt switches in a process's memory, where they are never trusted for longer than `bound`.
///
/// 1. Memory is as old as the moment before it was asked for. Past `bound` it says nothing, so a switch
///    that is on in the database stops every send that would begin `bound` later, in every process.
/// 2. A process that cannot read the switches, or was frozen, does not send: it needs no bell that
///    might be lost, and nobody needs to know which processes are alive.
/// 3. Many orders share one reading. While orders leave, memory is read anew before it is too old.
package final class HaltWatch: Sendable {
    /// What the switches say of one order.
    package enum Word: Sendable, Equatable {
        case free
        case halted(Reason)
        /// Memory is too old to tell.
        case unknown
    }

    /// How long after a halt was set no worker begins to send what it covers.
    package static let bound: Duration = .milliseconds(100)
    /// Without an order for so long, nothing is read.
    private static let idleAfter: Duration = .seconds(1)
    /// How often a reading that took too long itself is repeated at once.
    private static let readings = 3

    private struct View {
        let halts: Halts
        let asOf: ContinuousClock.Instant
    }
    private struct State {
        var view: View?
        var lastUse: ContinuousClock.Instant?
        var isReading = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let clock: any WallClock
    private let bound: Duration
    private let read: @Sendable () async throws -> Halts
    private let state = Mutex(State())

    /// `read` asks the authority which switches are on; its failure is no answer.
    package init(
        clock: any WallClock,
        bound: Duration = HaltWatch.bound,
        read: @escaping @Sendable () async throws -> Halts
    ) {
        self.clock = clock
        self.bound = bound
        self.read = read
    }

    /// What memory says of an order; for the last moment before it leaves, on any thread.
    package func word(on order: HaltSubject) -> Word {
        let now = clock.monotonicNow()
        guard let view = state.withLock(\.view), view.asOf.duration(to: now) < bound else {
            return .unknown
        }
        return view.halts.reason(for: order).map(Word.halted) ?? .free
    }

    /// What the switches say of an order, read anew where memory is too old.
    package func freshWord(on order: HaltSubject) async -> Word {
        state.withLock { $0.lastUse = clock.monotonicNow() }
        for _ in 0..<Self.readings {
            let word = word(on: order)
            if word != .unknown { return word }
            await refresh()
        }
        return word(on: order)
    }

    /// Sends unless a halt covers the order; waits while nobody can tell, for as long as it may be sent.
    ///
    /// `send` hands the brake on to where the first byte leaves, and answers `notSent` where that held
    /// it.
    func guarding<Answer: HaltableAnswer>(
        _ order: HaltSubject,
        before deadline: ContinuousClock.Instant,
        pause: Duration,
        _ send: (SendBrake) async -> Answer
    ) async -> Answer {
        while clock.monotonicNow() < deadline, !Task.isCancelled {
            switch await freshWord(on: order) {
            case .halted(let reason): return .withheld(reason)
            case .unknown: try? await clock.sleep(for: pause)
            case .free:
                let brake = SendBrake(self, on: order)
                let answer = await send(brake)
                guard answer.isNotSent, let word = brake.wasStoppedBy else { return answer }
                // Nothing has left. What was known was too old a moment ago: look again.
                if case .halted(let reason) = word { return .withheld(reason) }
            }
        }
        return .notSent("too late to send")
    }

    /// Keeps memory fresh while orders leave, until cancelled.
    package func run() async {
        while !Task.isCancelled {
            let now = clock.monotonicNow()
            let lastUse = state.withLock(\.lastUse)
            if let lastUse, lastUse.duration(to: now) < Self.idleAfter { await refresh() }
            try? await clock.sleep(for: bound * 2 / 5)
        }
    }

    /// Reads, or waits for the reading that is under way.
    private func refresh() async {
        let isOurs = state.withLock { state in
            defer { state.isReading = true }
            return !state.isReading
        }
        guard !isOurs else { return await readAnew() }
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                if state.isReading { state.waiting.append(continuation) }
                return !state.isReading
            }
            if isOver { continuation.resume() }
        }
    }

    private func readAnew() async {
        let asked = clock.monotonicNow()
        let halts = try? await read()
        let waiting = state.withLock { state in
            if let halts { state.view = View(halts: halts, asOf: asked) }
            state.isReading = false
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}

/// The last look at the halt switches before one order leaves.
package final class SendBrake: Sendable {
    private let halts: HaltWatch
    private let order: HaltSubject
    private let stopped = Mutex<HaltWatch.Word?>(nil)

    package init(_ halts: HaltWatch, on order: HaltSubject) {
        self.halts = halts
        self.order = order
    }

    /// Why the order must not leave; nil where it may, in this moment.
    package func obstacle() -> String? {
        let word = halts.word(on: order)
        guard word != .free else { return nil }
        stopped.withLock { $0 = word }
        return word == .unknown
            ? "nobody could tell whether it is halted" : "a halt came before it left"
    }

    /// For what it was stopped; nil where it was not.
    package var wasStoppedBy: HaltWatch.Word? { stopped.withLock(\.self) }
}

/// What came of something that a halt may hold back.
protocol HaltableAnswer: Sendable {
    static func notSent(_ why: String) -> Self
    static func withheld(_ reason: Reason) -> Self
    var isNotSent: Bool { get }
}

extension PlacementAnswer: HaltableAnswer {
    var isNotSent: Bool { if case .notSent = self { true } else { false } }
}

extension ModificationAnswer: HaltableAnswer {
    var isNotSent: Bool { if case .notSent = self { true } else { false } }
}
