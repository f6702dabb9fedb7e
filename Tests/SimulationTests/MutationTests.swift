import Desk
import Testing

/// The simulation must find what it is there to find, and meet what it is there to meet.
@Suite("What the simulation can see", .serialized, .timeLimit(.minutes(10)))
struct MutationTests {
    @Test("A planted bug is found within 4,000 seeds", arguments: Bug.allCases)
    func plantedBugIsFound(_ bug: Bug) async throws {
        let outcome = await Simulation.run(seeds: 0..<4_000, bug: bug, enough: 1)
        let found = try #require(outcome.failures.first)
        print("\(bug) is found by seed \(found.seed): \(found.violations[0])")
    }

    /// What must have happened in some of the worlds, in the words of their stories.
    private static let scenes = [
        // Every step of a send may be the last one of its process.
        "dies, and its claim is committed", "dies, and its record is committed",
        "is killed", "goes on", "hears of", "too late",
        // Commits of which nobody knows.
        "claim: connection lost, committed later", "claim: connection lost after the commit",
        "record: connection lost after the commit", "record: connection lost before the commit",
        // Whatever a broker may do.
        "no connection", "request lost", "answer lost", "placed late", "504", "429", "refused",
        "words though placed", "then rejected", "hidden",
        // Whatever doubts may come to.
        "absent, proven", "to be sent anew", "finds of .*: order", "nothing yet", "in doubt",
        "settled",
        // Whatever an order may come to.
        "partlyFilled", "filled", "cancelled", "rejected", "declined",
        // Wishes to cancel, and whatever may become of them.
        "is asked to cancel task", "is asked to cancel order", "is asked to cancel everything",
        "asks to cancel .*: heard", "asks to cancel .*: answerLost", "asks to cancel .*: late",
        "asks to cancel .*: requestLost", "asks to cancel .*: tooManyCalls", "is refused",
        "notes of the cancel of .*: taken", "notes of the cancel of .*: refused",
        "notes of the cancel of .*: unanswered", "sweeps cancel",
        // Changes, slices, exits, repairs and halts.
        "is asked to change order", "asks to change .*: heard", "asks to change .*: answerLost",
        "asks to change .*: late", "asks to change .*: requestLost",
        "asks to change .*: noConnection", "broker is asked to change .*: changed",
        "broker is asked to change .*: refused", "notes of the change of .*: shown.*changed",
        "notes of the change of .*: shown.*asBefore", "notes of the change of .*: orderEnded",
        "slices later", "is asked to leave", "sells by \\[[0-9]", "completes exit",
        "repairs .* orders",
        "halts everything", "halts client", "lifts the halt", "records .* withheld",
        // Queues.
        "does not reach the queue", "takes .* back from", "order .* in ", "sweeps forgotten",
    ]

    @Test("Some of 2,000 seeds meet each thing that may go wrong")
    func everythingIsMet() async throws {
        var missing = try Self.scenes.map { (words: $0, pattern: try Regex($0)) }
        // Places without a pattern in their names, which are found faster.
        var places = Set(Plot.traps.map { "dies at \($0.rawValue)" })
        for seed in UInt64(0)..<600 where !missing.isEmpty || !places.isEmpty {
            let lines = await Simulation.tell(seed).story
            for line in lines where line.contains("dies at ") {
                places = places.filter { !line.hasSuffix($0) }
            }
            if missing.isEmpty { continue }
            let story = lines.joined(separator: "\n")
            missing.removeAll { story.contains($0.pattern) }
        }
        #expect(missing.map(\.words) == [])
        #expect(places == [])
    }
}
