import Blocking
import Commands
import Glibc
import Wiring

MemoryArenas.limit()
TerminationSignal.hold()
exit(await Volley.run(Array(CommandLine.arguments.dropFirst()), Surroundings.variables()))
