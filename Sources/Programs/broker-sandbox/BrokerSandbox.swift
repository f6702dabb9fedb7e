import BrokerFaces
import Dispatch
import Glibc

/// The simulated brokers as a program: reads its options, serves until SIGTERM or SIGINT.
@main
struct BrokerSandbox {
    static func main() async {
        let arguments = Array(CommandLine.arguments.dropFirst())
        if arguments.contains("--help") || arguments.contains("-h") {
            print(SandboxConfiguration.usage)
            return
        }
        let (signals, sources) = stopSignals()
        defer { for source in sources { source.cancel() } }
        do {
            let configuration = try SandboxConfiguration(
                arguments: arguments,
                environment: environment()
            )
            let sandbox = Sandbox(configuration: configuration)
            try sandbox.start()
            announce(sandbox, configuration)
            for await _ in signals { break }
            await sandbox.stop()
        } catch let error as SandboxOptionError {
            fail("\(error)\n\(SandboxConfiguration.usage)", code: 64)
        } catch {
            fail("cannot start: \(error)", code: 1)
        }
    }

    private static func announce(_ sandbox: Sandbox, _ configuration: SandboxConfiguration) {
        print(
            "broker-sandbox listens on http://\(configuration.host):\(sandbox.port)"
                + " and ws://\(configuration.webSocketHost):\(sandbox.webSocketPort)"
                + ", seed \(configuration.seed)"
        )
        // Whoever waits for the line may read it through a pipe.
        fflush(nil)
    }

    private static func fail(_ words: String, code: Int32) -> Never {
        let line = Array("broker-sandbox: \(words)\n".utf8)
        _ = write(STDERR_FILENO, line, line.count)
        exit(code)
    }

    /// SIGTERM and SIGINT as values, instead of the end of the process; the sources must be kept.
    private static func stopSignals() -> (AsyncStream<Int32>, [any DispatchSourceSignal]) {
        let (stream, continuation) = AsyncStream.makeStream(of: Int32.self)
        let sources = [SIGTERM, SIGINT].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { continuation.yield(number) }
            source.resume()
            return source
        }
        return (stream, sources)
    }

    private static func environment() -> [String: String] {
        var result: [String: String] = [:]
        var next = environ
        while let entry = next.pointee {
            let parts = String(cString: entry).split(separator: "=", maxSplits: 1)
            if parts.count == 2 { result[String(parts[0])] = String(parts[1]) }
            next += 1
        }
        return result
    }
}
