import Fuzzing
import Testing
import Wiring

/// What may stand in the environment.
@Suite("Fuzz: settings", .timeLimit(.minutes(60)))
struct SettingsFuzzTests {
    @Test func `settings are taken or refused by name, and never shown`() async {
        let names = Environment.good.keys.sorted()
        let mutators = names.map { Mutator([Environment.good[$0] ?? ""], .bytes) }
        let found = await FuzzRun("settings", cases: 15_000).run { random in
            var environment = Environment.good
            for _ in 0...random.below(3) {
                let place = random.below(names.count)
                let text = String(decoding: mutators[place].input(&random), as: UTF8.self)
                environment[names[place]] = random.chance(25) ? random.pick(HostileText.all) : text
            }
            let content = random.pick(HostileText.words)
            do throws(Settings.Problems) {
                _ = try Settings(environment: environment) { _ in content }
                return nil
            } catch {
                let isNamed = error.sentences.allSatisfy {
                    $0.contains("VOLLEY_") || $0.contains("key")
                }
                let isSecret =
                    error.description.contains(Environment.password)
                    || error.description.contains(Environment.key)
                return isNamed && !isSecret ? nil : error.description
            }
        }
        #expect(found == nil, "\(found ?? "")")
    }
}
