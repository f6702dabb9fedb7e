import Exchange
import Synchronization

/// Time, chance and the order of events in one simulated world.
///
/// 1. One thread runs everything: the jobs of all simulated processes and the timers.
/// 2. Which of the waiting jobs comes next, chance decides; chance comes from the seed alone.
/// 3. Time stands still while any job waits, and then jumps to the next timer.
final class Kernel: Sendable {
    fileprivate struct Timer {
        let at: Int64
        let order: Int
        /// Whose sleep or answer this ends; nil where the world itself waits.
        let owner: SimulatedProcess?
        let fire: @Sendable () -> Void
    }
    private struct Waiting {
        let job: UnownedJob
        let owner: SimulatedProcess
    }
    private struct State {
        var now: Int64
        var lastOrder = 0
        var timers: [Timer] = []
        var jobs: [Waiting] = []
        var schedule: RandomStream
        var chance: RandomStream
        var weather = Weather.calm
        /// Copies of copies without an end are nothing that a real queue would make.
        var copiesLeft = 60
        var blowsLeft = 6
        var isOver = false
        var steps = 0
        var story: [String] = []
        var violations: [String] = []
    }

    /// Many more than any world needs.
    private static let greatestSteps = 200_000

    private let state: Mutex<State>
    private let begin: Int64
    let tellsStory: Bool

    /// A world's kernel at a moment in microseconds since 1970.
    init(seed: UInt64, at moment: Int64, tellsStory: Bool) {
        begin = moment
        self.tellsStory = tellsStory
        state = Mutex(
            State(
                now: moment,
                schedule: RandomStream(seed: seed, stream: 1),
                chance: RandomStream(seed: seed, stream: 2)
            )
        )
    }

    // MARK: Time

    /// Microseconds since 1970.
    var now: Int64 { state.withLock { $0.now } }
    /// Microseconds since the world began.
    var age: Int64 { now - begin }
    /// How many jobs and timers were run.
    var steps: Int { state.withLock { $0.steps } }

    /// Calls back after so many microseconds.
    func after(
        _ delay: Int64,
        for owner: SimulatedProcess? = nil,
        _ fire: @escaping @Sendable () -> Void
    ) {
        state.withLock { state in
            state.lastOrder += 1
            state.timers.insert(
                Timer(
                    at: state.now + max(delay, 0),
                    order: state.lastOrder,
                    owner: owner,
                    fire: fire
                )
            )
        }
    }

    /// Fires at once whatever a process waits for, since it died.
    func fireAll(of owner: SimulatedProcess) {
        let timers = state.withLock { state in
            let mine = state.timers.filter { $0.owner === owner }
            state.timers.removeAll { $0.owner === owner }
            return mine
        }
        for timer in timers { timer.fire() }
    }

    // MARK: Jobs

    func enqueue(_ job: UnownedJob, of owner: SimulatedProcess) {
        state.withLock { $0.jobs.append(Waiting(job: job, owner: owner)) }
    }

    /// Takes away the jobs of a process that is frozen.
    func withdrawJobs(of owner: SimulatedProcess) -> [UnownedJob] {
        state.withLock { state in
            let mine = state.jobs.filter { $0.owner === owner }.map(\.job)
            state.jobs.removeAll { $0.owner === owner }
            return mine
        }
    }

    private enum Step {
        case job(Waiting)
        case timer(Timer)
    }

    /// Runs until nothing is left to do, somebody says that it is over, or so much time has passed.
    func run(upTo limit: Int64) {
        while let step = nextStep(before: begin + limit) {
            guard steps < Self.greatestSteps else {
                violate("the world does not come to rest")
                return
            }
            switch step {
            case .job(let waiting): waiting.owner.run(waiting.job)
            case .timer(let timer): timer.fire()
            }
        }
    }

    private func nextStep(before end: Int64) -> Step? {
        state.withLock { state in
            state.steps += 1
            if !state.jobs.isEmpty {
                let index = Int(state.schedule.below(Int64(state.jobs.count)))
                state.jobs.swapAt(index, state.jobs.count - 1)
                return .job(state.jobs.removeLast())
            }
            guard !state.isOver, let last = state.timers.last, last.at <= end else { return nil }
            state.timers.removeLast()
            state.now = max(state.now, last.at)
            return .timer(last)
        }
    }

    /// Lets `run` return as soon as no job waits, and be called again.
    func stop() { state.withLock { $0.isOver = true } }
    func goOn() { state.withLock { $0.isOver = false } }

    // MARK: Chance

    /// What may go wrong from now on.
    func set(_ weather: Weather) { state.withLock { $0.weather = weather } }

    /// Whether a fault happens now.
    func happens(_ fault: Weather.Fault) -> Bool {
        state.withLock { state in
            let odds = state.weather[fault]
            guard odds > 0, state.chance.below(1_000) < odds else { return false }
            if fault.strikes {
                state.blowsLeft -= 1
                return state.blowsLeft >= 0
            }
            guard fault.multiplies else { return true }
            state.copiesLeft -= 1
            return state.copiesLeft >= 0
        }
    }

    /// A number from 0 up to, but not including, the bound.
    func below(_ bound: Int64) -> Int64 { state.withLock { $0.chance.below(bound) } }

    /// A number within the range.
    func within(_ range: ClosedRange<Int64>) -> Int64 {
        range.lowerBound + below(range.upperBound - range.lowerBound + 1)
    }

    // MARK: Story

    /// Adds a line to the story, where one is told.
    func tell(_ line: @autoclosure () -> String) {
        guard tellsStory else { return }
        let text = "\(Self.seconds(age)) \(line())"
        state.withLock { $0.story.append(text) }
    }

    /// Something that must never be.
    func violate(_ what: String) {
        tell("VIOLATION: \(what)")
        state.withLock { $0.violations.append(what) }
        stop()
    }

    var story: [String] { state.withLock { $0.story } }
    var violations: [String] { state.withLock { $0.violations } }

    private static func seconds(_ microseconds: Int64) -> String {
        let fraction = String(String(1_000_000 + microseconds % 1_000_000).dropFirst())
        let whole = String(microseconds / 1_000_000)
        return String(repeating: " ", count: max(0, 4 - whole.count)) + whole + "." + fraction
    }
}

extension [Kernel.Timer] {
    /// Keeps the latest first, so that the next is the last; of two at once the older is next.
    fileprivate mutating func insert(_ timer: Kernel.Timer) {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            let other = self[middle]
            if (other.at, other.order) > (timer.at, timer.order) {
                low = middle + 1
            } else {
                high = middle
            }
        }
        insert(timer, at: low)
    }
}

/// So many microseconds.
enum Microseconds {
    static let millisecond: Int64 = 1_000
    static let second: Int64 = 1_000_000
}
