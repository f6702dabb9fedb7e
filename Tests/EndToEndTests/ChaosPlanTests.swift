import StackTesting
import Testing

/// The chaos run itself is a stage of its own in `deploy/local/test`.
@Suite("Chaos plan", .timeLimit(.minutes(2)))
struct ChaosPlanTests {
    @Test("A seed makes the same plan every time, and another seed another one")
    func deterministic() async throws {
        let (first, again, other) = (try await plan("7"), try await plan("7"), try await plan("8"))
        #expect(first == again)
        #expect(first != other)
        // Every kind of fault has its turn within the first minute.
        for kind in ["worker killed", "PostgreSQL stopped", "RabbitMQ killed", "Redis", "slow"] {
            #expect(first.contains(kind))
        }
        #expect(first.contains("SELL INFY"))
        #expect(first.contains("rests at") && first.contains("it cancelled after"))
    }

    @Test("What is no number is refused", arguments: [["--seed", "x"], ["--minutes"], ["now"]])
    func refused(arguments: [String]) async throws {
        let result = try await Programs.run("bench", ["chaos"] + arguments, [:], input: "")
        #expect(result.status == 2)
    }

    private func plan(_ seed: String) async throws -> String {
        let result = try await Programs.run(
            "bench",
            ["chaos", "--seed", seed, "--minutes", "1", "--clients", "300", "--plan"],
            [:],
            input: ""
        )
        #expect(result.status == 0)
        return result.output
    }
}
