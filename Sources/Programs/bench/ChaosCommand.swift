import Commands
import Glibc

/// `bench chaos`: everything dies again and again, in an order that follows from a seed, while bulk
/// trades go on; then every invariant is checked.
struct ChaosCommand {
    private struct Options {
        var seed = UInt64.random(in: 1...999_999)
        var minutes = 3
        var clients = 10_000
        var isPlanOnly = false
    }

    private static let usage =
        "usage: bench chaos [--seed S] [--minutes M] [--clients N] [--plan]  (in the checkout)"

    /// Runs it; the exit status: 0 all invariants hold, 1 some do not, 2 usage, 4 it could not run.
    static func run(_ arguments: [String]) async -> CInt {
        guard let options = options(arguments) else {
            complain(usage)
            return 2
        }
        let plan = ChaosPlan(
            seed: options.seed,
            length: .seconds(60 * options.minutes),
            clients: options.clients
        )
        guard !options.isPlanOnly else {
            show(plan)
            return 0
        }
        do {
            let place = try RunPlace("chaos", environment: Surroundings.variables())
            print("seed \(options.seed), \(options.minutes) min, \(options.clients) clients")
            let isGood = try await RunCleaner.guarding(place) { cleaner in
                try await run(plan, options, place, cleaner)
            }
            return isGood ? 0 : 1
        } catch {
            complain("bench chaos, seed \(options.seed): \(error)")
            return 4
        }
    }

    private static func run(
        _ plan: ChaosPlan,
        _ options: Options,
        _ place: RunPlace,
        _ cleaner: RunCleaner
    ) async throws -> Bool {
        let begun = ContinuousClock.now
        let processes = RoleProcesses(place)
        cleaner.watch(processes)
        let stack = try await ChaosStack(place, processes)
        let run = ChaosRun(stack, plan, clients: options.clients) { sentence in
            print("[\(begun.duration(to: .now).tenths) s] \(sentence)")
            fflush(nil)
        }
        let verdict = try await run()
        for line in verdict.lines { print(line) }
        let word = verdict.isGood ? "all invariants hold" : "FAILED, logs in \(place.logs)"
        print("seed \(options.seed): \(word)")
        return verdict.isGood
    }

    private static func show(_ plan: ChaosPlan) {
        for fault in plan.faults { print("\(fault.at.tenths) s: \(fault.sentence)") }
        for trade in plan.trades {
            print("\(trade.at.tenths) s: \(trade.sentence)")
        }
        for errand in plan.errands { print("\(errand.at.tenths) s: \(errand.sentence)") }
    }

    private static func options(_ arguments: [String]) -> Options? {
        var options = Options()
        var rest = arguments[...]
        while let name = rest.popFirst() {
            if name == "--plan" {
                options.isPlanOnly = true
                continue
            }
            guard let value = rest.popFirst().flatMap({ UInt64($0) }), value > 0 else { return nil }
            switch name {
            case "--seed": options.seed = value
            case "--minutes" where value <= 1_440: options.minutes = Int(value)
            case "--clients" where value <= 100_000: options.clients = Int(value)
            default: return nil
            }
        }
        return options
    }

    private static func complain(_ text: String) {
        let bytes = Array((text + "\n").utf8)
        _ = write(2, bytes, bytes.count)
    }
}
