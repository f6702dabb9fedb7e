import Blocking
import Commands
import Glibc

let arguments = Array(CommandLine.arguments.dropFirst())
if arguments.first == "chaos" {
    TerminationSignal.hold()
    exit(await ChaosCommand.run(Array(arguments.dropFirst())))
}
exit(await ThroughputBench(environment: Surroundings.variables()).run(arguments))
