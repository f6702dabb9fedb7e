import Commands
import Glibc

/// Which measurement or trial is meant.
enum BenchCommand {
    /// Runs it; the exit status: 0 all is well, 1 something failed, 2 usage, 4 it could not run.
    static func run(_ arguments: [String]) async -> CInt {
        let rest = Array(arguments.dropFirst())
        switch arguments.first {
        case "chaos": return await ChaosCommand.run(rest)
        case Throughput.name where rest.contains("--running"):
            let bench = ThroughputBench(environment: Surroundings.variables())
            return await bench.run(arguments.filter { $0 != "--running" })
        case Throughput.name: return await MeasureCommand.run(Throughput.self, rest)
        default:
            MeasureCommand.complain(usage)
            return 2
        }
    }

    private static let usage = """
        \(MeasureCommand.usage(Throughput.self))
               bench throughput --running [--clients N] [--runs N]  (the stack of the environment)
               bench chaos [--seed S] [--minutes M] [--clients N] [--plan]
        All but --running have servers of their own; run them in the checkout.
        """
}
