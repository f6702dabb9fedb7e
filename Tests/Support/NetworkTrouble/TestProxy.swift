import Blocking
import Glibc
import Synchronization

/// A TCP proxy on loopback that stands between a driver and its server, and makes trouble.
///
/// One thread moves the bytes. What is asked of it has happened when the call returns.
package final class TestProxy: Sendable {
    /// Where drivers connect to, on 127.0.0.1; stays the same over ``refuse()`` and ``accept()``.
    package let port: Int
    private let thread = DedicatedThread(name: "test-proxy")
    /// nil once closed: then there is nothing left to trouble.
    private let orders = Mutex<[Order]?>([])
    private let wakeup = WakeDescriptor()
    private let counts = Mutex((connections: 0, open: 0))

    private struct Order {
        let act: @Sendable (inout ProxyTraffic) -> Void
        let isDone: @Sendable () -> Void
    }

    /// A proxy to a server on 127.0.0.1 or another IPv4 address; connects from the first moment.
    package init(toPort server: Int, host: String = "127.0.0.1") throws {
        let traffic = try ProxyTraffic(serverHost: host, serverPort: server)
        port = traffic.port
        thread.perform { [self] in run(traffic) }
    }

    /// How many connections were ever taken.
    package var connectionCount: Int { counts.withLock { $0.connections } }
    /// How many are there now.
    package var openCount: Int { counts.withLock { $0.open } }

    /// Resets all connections.
    package func cut() async { await perform { $0.cutAll() } }

    /// Resets all connections, and refuses new ones as if no server were there.
    package func refuse() async {
        await perform { traffic in
            traffic.stopListening()
            traffic.cutAll()
        }
    }

    /// Takes connections again, after ``refuse()``.
    package func accept() async { await perform { $0.listen() } }

    /// Moves no byte in either direction from now on, with connections open, or moves them again.
    package func freeze(_ isFrozen: Bool = true) async { await perform { $0.isFrozen = isFrozen } }

    /// Every byte travels so much longer from now on, in either direction; zero: none does.
    package func delay(_ delay: Duration) async { await perform { $0.delay = delay } }

    /// Passes on the client's bytes up to and with the next occurrence of `pattern`, and what came
    /// in the same read; then resets that connection before any answer.
    package func cutAfterClientSends(_ pattern: String) async {
        let bytes = Array(pattern.utf8)
        await perform { $0.fatalPattern = bytes }
    }

    /// Passes on the client's bytes up to and with the next occurrence of `pattern`, in a read that
    /// brings more; then freezes, so that the server has half of what was said.
    package func freezeAfterClientSends(_ pattern: String) async {
        let bytes = Array(pattern.utf8)
        await perform { $0.freezingPattern = bytes }
    }

    /// Ends the proxy and all connections.
    package func close() async { await perform { $0.close() } }

    private func run(_ initial: ProxyTraffic) {
        var traffic = initial
        while !traffic.isClosed {
            traffic.wait(wakeup.descriptor)
            wakeup.drain()
            var due = takeOrders(isLast: false)
            for order in due { order.act(&traffic) }
            traffic.move()
            counts.withLock { $0 = (traffic.accepted, traffic.openCount) }
            if traffic.isClosed { due += takeOrders(isLast: true) }
            for order in due { order.isDone() }
        }
    }

    private func takeOrders(isLast: Bool) -> [Order] {
        orders.withLock { orders in
            defer { orders = isLast ? nil : [] }
            return orders ?? []
        }
    }

    private func perform(_ act: @escaping @Sendable (inout ProxyTraffic) -> Void) async {
        await withCheckedContinuation { continuation in
            let isTaken = orders.withLock { orders in
                orders?.append(Order(act: act) { continuation.resume() })
                return orders != nil
            }
            if isTaken { wakeup.signal() } else { continuation.resume() }
        }
    }
}
