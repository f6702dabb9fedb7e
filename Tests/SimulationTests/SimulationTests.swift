import FoundationEssentials
import Testing

/// The desk and the exchange in one simulated world after another: whatever dies, whatever is lost,
/// no order is placed twice and none is forgotten.
///
/// `VOLLEY_SIM_SEEDS` says how many worlds, `VOLLEY_SIM_SEED` which one alone, to read its story.
@Suite("Simulated worlds", .serialized, .timeLimit(.minutes(20)))
struct SimulationTests {
    @Test("No seed breaks a rule")
    func noSeedBreaksARule() async {
        if let one = setting("VOLLEY_SIM_SEED") {
            let ending = await Simulation.tell(one)
            print(told(ending))
            #expect(ending.violations == [])
            return
        }
        let outcome = await Simulation.run(seeds: 0..<(setting("VOLLEY_SIM_SEEDS") ?? 20_000))
        print("simulated \(outcome.worlds) worlds in \(outcome.steps) steps")
        for failure in outcome.failures {
            Issue.record("seed \(failure.seed): \(failure.violations.joined(separator: "; "))")
        }
        if let first = outcome.failures.first {
            Issue.record("\(told(await Simulation.tell(first.seed)))")
        }
    }

    @Test("The same seed tells the same story")
    func sameSeedSameStory() async {
        for seed in UInt64(0)..<200 {
            let first = await Simulation.tell(seed)
            let second = await Simulation.tell(seed)
            #expect(!first.story.isEmpty)
            #expect(first.steps == second.steps)
            guard first.story != second.story else { continue }
            let place = zip(first.story, second.story).first { $0 != $1 }
            Issue.record("seed \(seed) tells two stories: \(String(describing: place))")
            return
        }
    }

    private func setting(_ name: String) -> UInt64? {
        ProcessInfo.processInfo.environment[name].flatMap { UInt64($0) }
    }

    private func told(_ ending: World.Ending) -> String {
        (["the story of seed \(ending.seed):"] + ending.story).joined(separator: "\n")
    }
}
