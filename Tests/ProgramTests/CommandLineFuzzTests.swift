import Fuzzing
import Testing

@testable import Commands

/// What may be typed behind `volley`.
@Suite("Fuzz: the command line", .timeLimit(.minutes(60)))
struct CommandLineFuzzTests {
    private static let words = [
        "submit", "status", "cancel", "orders", "clients", "add", "import", "results", "audit",
        "--symbol", "RELIANCE", "--quantity", "--price", "--json", "--watch", "--client", "--from",
        "--to", "2026-11-20", "--", "-", "--=", "--json=yes", "--limit=5", "17", "--side", "BUY",
        "--reason=a b", "--all", "help", "--help", "completion", "bash",
    ]

    @Test func `a command line is taken apart without losing a word`() async {
        let found = await FuzzRun("arguments", cases: 40_000).run { random in
            let line = (0..<random.below(9)).map { _ in
                random.pick(random.chance(80) ? Self.words : HostileText.all)
            }
            do throws(UsageError) {
                var arguments = try Arguments(line)
                let isKept = arguments.words.allSatisfy(line.contains)
                _ = arguments.take(random.pick(HostileText.words))
                _ = try? arguments.word("a word")
                try arguments.finish()
                return isKept ? nil : "a word that nobody typed: \(arguments.words)"
            } catch {
                return error.sentence.isEmpty ? "refused without a word: \(line)" : nil
            }
        }
        #expect(found == nil, "\(found ?? "")")
    }

    /// With no API at the other end every command ends in a refusal; none may end the process.
    @Test func `no command line ends the program otherwise than by its exit status`() async {
        let runner = CommandRunner(environment: ["VOLLEY_API_URL": "http://127.0.0.1:1"])
        let verbs = Self.words.filter { !$0.hasPrefix("-") && $0 != "completion" && $0 != "help" }
        let found = await FuzzRun("commands", cases: 400).run { random in
            let line =
                [random.pick(verbs)]
                + (0..<random.below(7)).map { _ in
                    random.pick(random.chance(80) ? Self.words : HostileText.all)
                }
            // Watching has no end.
            let status = await runner.run(line.filter { $0 != "--watch" })
            return (0...4).contains(status) ? nil : "status \(status) for \(line)"
        }
        #expect(found == nil, "\(found ?? "")")
    }
}
