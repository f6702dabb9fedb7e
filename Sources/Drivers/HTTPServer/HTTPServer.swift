import Blocking
import CMicroHTTPD
import Glibc
import Synchronization
package import Telemetry

/// An HTTP/1.1 server: routes requests to handlers that run as tasks.
///
/// One thread runs libmicrohttpd. It reads a request, suspends its connection, and starts a task;
/// when the handler has answered, the connection is resumed and the answer sent (`Exchange`). A
/// suspended connection costs no thread, but a peer that hangs up meanwhile is noticed only when
/// the answer is sent. A route may ask that its handler begins on that thread.
///
/// A server that was started runs until `stop`, also when nobody holds it any more.
package final class HTTPServer: Sendable {
    /// Answers what reaches no handler; the server itself adds `Allow` where it is missing.
    package typealias Fallback = @Sendable (HTTPServerRequest, HTTPRefusal) -> HTTPServerResponse

    private enum State {
        case new
        case running(Daemon)
        case stopped
    }
    private let configuration: HTTPServerConfiguration
    private let engine: Engine
    private let state = Mutex(State.new)
    private let boundPort = Atomic<Int>(0)

    package init(
        _ configuration: HTTPServerConfiguration,
        routes: [HTTPRoute],
        fallback: @escaping Fallback = { $1.plainResponse },
        logger: Logger = .silent,
        metrics: Metrics? = nil
    ) {
        self.configuration = configuration
        engine = Engine(
            Router(routes),
            maximumBodyBytes: configuration.maximumBodyBytes,
            headers: configuration.headers,
            fallback: fallback,
            logger: logger,
            meter: metrics.map(RequestMeter.init)
        )
    }

    /// The port listened on; 0 before the start.
    package var port: Int { boundPort.load(ordering: .acquiring) }

    /// Requests that are in memory now, for tests and metrics.
    package var openRequests: Int { engine.exchanges.count }

    /// Starts listening; when this returns, connections are accepted.
    package func start() throws(HTTPServerError) {
        let result = state.withLock { state -> Result<Int, HTTPServerError> in
            guard case .new = state else {
                return .failure(.cannotStart("a server can be started once"))
            }
            return Daemon.start(configuration, engine).map { daemon in
                state = .running(daemon)
                return daemon.port
            }
        }
        boundPort.store(try result.get(), ordering: .releasing)
    }

    /// Stops accepting, lets running handlers finish and their answers go out, then closes.
    ///
    /// Streams are ended at once. What has not answered after `grace` is cancelled and its
    /// connection closed without an answer.
    package func stop(grace: Duration) async {
        let daemon = state.withLock { state -> Daemon? in
            defer { state = .stopped }
            guard case .running(let daemon) = state else { return nil }
            return daemon
        }
        guard let daemon else { return }
        daemon.stopListening()
        await engine.exchanges.drain(grace: grace)
        engine.exchanges.close()
        await daemon.close()
    }
}
