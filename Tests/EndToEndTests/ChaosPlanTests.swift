import Foundation
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

    @Test("Whatever the seed, a minute has each errand, in order, with time left, and none is odd")
    func everyErrand() async throws {
        for seed in 1...12 {
            let lines = try await plan("\(seed)").split(separator: "\n")
            let errands = lines.filter { $0.hasSuffix(" s between steps") }
            for kind in [
                "orders that rest are changed", "orders above the freeze quantity: BUY PAISA",
                "exit of a client", "exit of a symbol", "exit of all",
                "halt, trade, resume, repair",
                "trade, then repair", "trade, then undo", "basket: SELL",
            ] {
                #expect(errands.contains { $0.contains(kind) }, "seed \(seed): \(kind)")
            }
            let starts = errands.compactMap { line in
                line.split(separator: " ").first.flatMap { Double($0) }
            }
            #expect(starts.count == errands.count && starts == starts.sorted())
            #expect(starts.allSatisfy { (0..<45).contains($0) }, "seed \(seed): \(starts)")
            // A minute's halts are of different things.
            let scopes = errands.compactMap { line in
                line.components(separatedBy: " of ").dropFirst().first?.prefix { $0 != "," }
            }.filter { ["everything", "trader", "symbol", "broker", "client"].contains($0) }
            #expect(!scopes.isEmpty && Set(scopes).count == scopes.count, "seed \(seed): \(scopes)")
            // Nobody buys and sells the same share in one basket.
            for basket in errands.filter({ $0.contains("basket: ") }) {
                let words = basket.split { " ,".contains($0) }
                let sold = words.firstIndex(of: "SELL").map { words[$0 + 1] }
                let bought = words.firstIndex(of: "BUY").map { words[$0 + 1] }
                #expect(sold != nil && bought != nil && sold != bought, "\(basket)")
            }
        }
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
