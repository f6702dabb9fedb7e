import Blocking
import Glibc

let arguments = Array(CommandLine.arguments.dropFirst())
// What has servers of its own must end them first.
if !arguments.contains("--running") { TerminationSignal.hold() }
exit(await BenchCommand.run(arguments))
