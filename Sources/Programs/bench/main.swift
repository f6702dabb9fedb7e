import Commands
import Glibc

exit(
    await ThroughputBench(environment: Surroundings.variables()).run(
        Array(CommandLine.arguments.dropFirst())
    )
)
