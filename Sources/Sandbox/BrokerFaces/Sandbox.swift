import Exchange
import HTTPServer
import Synchronization

/// The simulated outside: an exchange with the brokers' faces, and a control face for tests.
///
/// Begin with `start`. It shares no code with the adapters that are tested against it: what a
/// broker's documents say was read a second time for it.
/// 1. What a call books is booked before its answer is made; an injected fault can only spoil the
///    answer or prevent the booking, as its kind says.
/// 2. The ledger of the control face is complete: every booked order is in it, hidden or not.
/// 3. Same seed, same clock and same calls: same prices, same fills, same faults.
package final class Sandbox: Sendable {
    private let configuration: SandboxConfiguration
    private let floor: Floor
    private let server: HTTPServer
    private let orderSocket: OrderSocket
    /// The one unstructured task: `start` must return while prices walk and postbacks go out.
    private let background = Mutex<Task<Void, Never>?>(nil)

    package init(configuration: SandboxConfiguration) {
        self.configuration = configuration
        let floor = Floor(configuration)
        self.floor = floor
        let faces = Faces.make(over: floor)
        var settings = HTTPServerConfiguration(host: configuration.host, port: configuration.port)
        settings.idleTimeout = .seconds(300)
        settings.maximumConnections = 20_000
        let routes = faces.flatMap(\.routes) + ControlFace(floor: floor).routes
        server = HTTPServer(settings, routes: routes) { request, refusal in
            let called = faces.first { request.path.hasPrefix(type(of: $0).root) }
            return (called ?? faces[0]).fallback(request, refusal)
        }
        orderSocket = OrderSocket(faces, configuration)
    }

    /// The port of the HTTP faces; 0 before the start.
    package var port: Int { server.port }

    /// The port of the order-update socket; 0 before the start.
    package var webSocketPort: Int { orderSocket.port }

    /// Listens; when this returns, calls are answered.
    package func start() throws {
        try server.start()
        try orderSocket.start()
        self.floor.webSocketPort = orderSocket.port
        let floor = floor
        background.withLock { task in
            task = Task { await Self.run(floor) }
        }
    }

    /// Ends streams, lets running calls finish, and stops.
    package func stop() async {
        let task = background.withLock { task in
            defer { task = nil }
            return task
        }
        task?.cancel()
        floor.endFeeds()
        await orderSocket.stop()
        await server.stop(grace: .seconds(5))
        await task?.value
    }

    private static func run(_ floor: Floor) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await walkPrices(floor) }
            group.addTask { await floor.postbacks.deliver() }
        }
    }

    /// Orders that wait meet the moving prices also while nobody calls.
    private static func walkPrices(_ floor: Floor) async {
        while !Task.isCancelled {
            floor.tick()
            do {
                try await Task.sleep(for: .milliseconds(100))
            } catch {
                return
            }
        }
    }
}
