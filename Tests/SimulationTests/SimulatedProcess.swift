import Desk
import Synchronization
import Trading

/// One process of the simulated cluster: all its tasks run on it, and die with it.
///
/// A dead process's tasks are not left hanging: they run to their end with every port dead, so that
/// nothing they do is seen by anybody. That is what a crash at their last `await` looks like from
/// outside, and it leaks nothing.
final class SimulatedProcess: TaskExecutor {
    private struct State {
        var isDead = false
        var isFrozen = false
        var held: [UnownedJob] = []
        var root: Task<Void, Never>?
        var peril: Peril?
        var passage: Passage?
    }
    typealias Peril = @Sendable (SimulatedProcess, Plot.Blow) -> Void
    typealias Passage = @Sendable (SimulatedProcess, Failpoint) -> Void

    /// On which process the task runs that asks.
    @TaskLocal static var current: SimulatedProcess?

    let name: String
    let kernel: Kernel
    private let state = Mutex(State())

    init(_ name: String, in kernel: Kernel) {
        self.name = name
        self.kernel = kernel
    }

    var isDead: Bool { state.withLock { $0.isDead } }
    var isFrozen: Bool { state.withLock { $0.isFrozen } }

    /// Starts the process's main task.
    func start(_ main: @escaping @Sendable () async -> Void) {
        kernel.tell("\(name) starts")
        let root = perform(main)
        state.withLock { $0.root = root }
    }

    /// Does something on this process that it was not started for.
    @discardableResult
    func perform(_ body: @escaping @Sendable () async -> Void) -> Task<Void, Never> {
        Self.$current.withValue(self) { Task(executorPreference: self, operation: body) }
    }

    /// The process is killed: it does nothing more that anybody could see.
    func kill() {
        let (root, held) = state.withLock { state -> (Task<Void, Never>?, [UnownedJob]) in
            state.isDead = true
            state.isFrozen = false
            defer { state.held = [] }
            return (state.root, state.held)
        }
        for job in held { kernel.enqueue(job, of: self) }
        root?.cancel()
        kernel.fireAll(of: self)
    }

    /// The process stands still, while its clock and the world go on.
    func freeze() {
        state.withLock { $0.isFrozen = true }
        let jobs = kernel.withdrawJobs(of: self)
        state.withLock { $0.held += jobs }
    }

    /// The process goes on as if nothing had been.
    func thaw() {
        let held = state.withLock { state in
            state.isFrozen = false
            defer { state.held = [] }
            return state.held
        }
        for job in held { kernel.enqueue(job, of: self) }
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let isHeld = state.withLock { state in
            if state.isFrozen { state.held.append(job) }
            return state.isFrozen
        }
        if !isHeld { kernel.enqueue(job, of: self) }
    }

    /// Runs one job on this thread.
    func run(_ job: UnownedJob) { job.runSynchronously(on: asUnownedTaskExecutor()) }

    /// Names who strikes this process where `stumble` calls for it.
    func expectPeril(_ peril: @escaping Peril) { state.withLock { $0.peril = peril } }

    /// Names who hears of the failpoints that this process comes to.
    func expectPassage(_ passage: @escaping Passage) { state.withLock { $0.passage = passage } }

    /// The process has come to a place between two steps.
    func comes(to failpoint: Failpoint) {
        guard let passage = state.withLock({ $0.isDead ? nil : $0.passage }) else { return }
        passage(self, failpoint)
    }

    /// The process may die or stand still during the wait that follows: here, in the middle of a
    /// call, is where it hurts.
    func stumble() {
        let blow: Plot.Blow
        if kernel.happens(.dies) {
            blow = .kill(downFor: kernel.below(10 * Microseconds.second))
        } else if kernel.happens(.stands) {
            blow = .freeze(kernel.below(Microseconds.second << kernel.below(8)))
        } else {
            return
        }
        guard let peril = state.withLock({ $0.peril }) else { return }
        kernel.after(0) { [self] in peril(self, blow) }
    }

    /// Lets so many microseconds pass; a death ends the wait.
    func pass(_ delay: Int64) async {
        guard !isDead else { return }
        await withUnsafeContinuation { (waking: UnsafeContinuation<Void, Never>) in
            kernel.after(delay, for: self) { waking.resume() }
        }
    }

    func tell(_ line: @autoclosure () -> String) { kernel.tell("\(name): \(line())") }
}

/// The clock as one process sees it.
struct SimulatedClock: WallClock {
    let process: SimulatedProcess
    /// Any instant will do, since only differences of instants count.
    private static let origin = ContinuousClock.now

    func now() -> Timestamp { Timestamp(microseconds: process.kernel.now) }

    func monotonicNow() -> ContinuousClock.Instant {
        Self.origin.advanced(by: .microseconds(process.kernel.age))
    }

    func sleep(for duration: Duration) async throws {
        await process.pass(duration.microsecondCount)
        if process.isDead { throw CancellationError() }
    }
}

/// The clock on the wall of the world, for what belongs to no process.
struct WorldClock: WallClock {
    let kernel: Kernel

    func now() -> Timestamp { Timestamp(microseconds: kernel.now) }
    func sleep(for duration: Duration) async throws { throw CancellationError() }
}

extension Duration {
    /// Whole microseconds.
    var microsecondCount: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000_000 + attoseconds / 1_000_000_000_000
    }
}
