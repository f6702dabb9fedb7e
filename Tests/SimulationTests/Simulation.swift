import Blocking
import Desk
import Synchronization

/// Runs many worlds, each on one thread, as many at once as there are threads.
enum Simulation {
    /// What a run of many seeds came to.
    struct Outcome: Sendable {
        var worlds = 0
        var steps = 0
        /// Seeds whose world broke a rule, with the rules; the lowest seed first.
        var failures: [(seed: UInt64, violations: [String])] = []
    }

    /// Runs the seeds until all are done, or `enough` of them have failed.
    static func run(
        seeds: Range<UInt64>,
        bug: Bug? = nil,
        threads: Int = 2,
        enough: Int = 5
    ) async -> Outcome {
        watchFailpoints()
        let run = Run(seeds)
        await withDiscardingTaskGroup { group in
            for number in 0..<threads {
                group.addTask {
                    let thread = DedicatedThread(name: "simulation \(number)")
                    await withCheckedContinuation { continuation in
                        thread.perform {
                            while let seed = run.next(enough: enough) {
                                run.add(World(seed: seed, bug: bug).run())
                            }
                            continuation.resume()
                        }
                    }
                }
            }
        }
        return run.outcome
    }

    /// From now on, each simulated process hears of the places that it comes to.
    private static func watchFailpoints() {
        Failpoint.watch { SimulatedProcess.current?.comes(to: $0) }
    }

    /// One world with its story.
    static func tell(_ seed: UInt64, bug: Bug? = nil) async -> World.Ending {
        watchFailpoints()
        let thread = DedicatedThread(name: "simulation")
        return await withCheckedContinuation { continuation in
            thread.perform {
                continuation.resume(
                    returning: World(seed: seed, bug: bug, tellsStory: true).run()
                )
            }
        }
    }
}

/// Many worlds under way.
private final class Run: Sendable {
    private struct State {
        var rest: Range<UInt64>
        var outcome = Simulation.Outcome()
    }
    private let state: Mutex<State>

    init(_ seeds: Range<UInt64>) { state = Mutex(State(rest: seeds)) }

    func next(enough: Int) -> UInt64? {
        state.withLock { state in
            guard state.outcome.failures.count < enough else { return nil }
            return state.rest.popFirst()
        }
    }

    func add(_ ending: World.Ending) {
        state.withLock { state in
            state.outcome.worlds += 1
            state.outcome.steps += ending.steps
            if !ending.violations.isEmpty {
                state.outcome.failures.append((ending.seed, ending.violations))
            }
        }
    }

    var outcome: Simulation.Outcome {
        state.withLock { state in
            state.outcome.failures.sort { $0.seed < $1.seed }
            return state.outcome
        }
    }
}
