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
        case Latency.name: return await MeasureCommand.run(Latency.self, rest)
        case CancelTimes.name: return await MeasureCommand.run(CancelTimes.self, rest)
        case Polls.name: return await MeasureCommand.run(Polls.self, rest)
        case Ceiling.name: return await MeasureCommand.run(Ceiling.self, rest)
        case CeleryPeer.name: return await MeasureCommand.run(CeleryPeer.self, rest)
        case Growth.name: return await MeasureCommand.run(Growth.self, rest)
        case Backlog.name: return await MeasureCommand.run(Backlog.self, rest)
        case Ratios.name: return await MeasureCommand.run(Ratios.self, rest)
        case Scale.name: return await MeasureCommand.run(Scale.self, rest)
        case DeadBroker.name: return await MeasureCommand.run(DeadBroker.self, rest)
        default:
            MeasureCommand.complain(usage)
            return 2
        }
    }

    private static let usage = """
        \(MeasureCommand.usage(Throughput.self))
        \(MeasureCommand.usage(Latency.self))
        \(MeasureCommand.usage(CancelTimes.self))
        \(MeasureCommand.usage(Polls.self))
        \(MeasureCommand.usage(Scale.self))
        \(MeasureCommand.usage(DeadBroker.self))
        \(MeasureCommand.usage(Ceiling.self))
        \(MeasureCommand.usage(CeleryPeer.self))
        \(MeasureCommand.usage(Growth.self))
        \(MeasureCommand.usage(Backlog.self))
        \(MeasureCommand.usage(Ratios.self))
        usage: bench throughput --running [--clients N] [--runs N]
        usage: bench chaos [--seed S] [--minutes M] [--clients N] [--plan]
        All but --running start servers and processes of their own; run them in the checkout.
        """
}
