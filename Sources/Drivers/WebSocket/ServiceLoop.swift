import CWebSockets
import Synchronization

/// One context of the library, and the thread that runs it.
///
/// Everything but waking happens on that thread: tasks hand it work with `submit`.
final class ServiceLoop: Sendable {
    /// What a server answers to newcomers, on the loop's thread.
    struct Door: Sendable {
        let admits: @Sendable () -> Bool
        let link: @Sendable (ServiceLoop) -> Link
        let customHeaders: [String]
        let opened: @Sendable (Link, Handshake) -> Void
    }
    /// Unchecked, because the pointer passes between threads; only waking is done elsewhere, and
    /// only while `State.context` holds it.
    struct Context: @unchecked Sendable { let pointer: OpaquePointer }
    typealias Work = @Sendable (Context) -> Void

    private struct State {
        var context: Context?
        var work: [Work] = []
        var isStopping = false
        var hasStopped = false
        var whoWaitsForStop: [CheckedContinuation<Void, Never>] = []
    }
    private let door: Door?
    private let state = Mutex(State())
    private let links = Atomic<Int>(0)

    /// A loop without a thread yet; nil where the library refuses.
    init?(certificateAuthorities: String?, handshakeSeconds: UInt32 = 10, door: Door? = nil) {
        self.door = door
        let loop = Unmanaged.passUnretained(self).toOpaque()
        guard
            let context = cws_create(Self.callback, loop, certificateAuthorities, handshakeSeconds)
        else { return nil }
        state.withLock { $0.context = Context(pointer: context) }
    }

    /// Connections that the library or a task still holds.
    var linkCount: Int { links.load(ordering: .relaxed) }
    func linkBorn() { links.add(1, ordering: .relaxed) }
    func linkDied() { links.subtract(1, ordering: .relaxed) }

    /// Calls `body` with the context, before the thread is started.
    func prepare<R>(_ body: (OpaquePointer) -> R?) -> R? {
        guard let context = state.withLock({ $0.context }) else { return nil }
        return body(context.pointer)
    }

    /// Starts the thread; false where the system has none left.
    func start(named name: String) -> Bool {
        // Released by the thread at its end; here where there is no thread.
        let loop = Unmanaged.passRetained(self)
        let code = cws_start_thread(
            name,
            { argument in
                guard let argument else { return }
                Unmanaged<ServiceLoop>.fromOpaque(argument).takeRetainedValue().run()
            },
            loop.toOpaque()
        )
        if code != 0 { loop.release() }
        return code == 0
    }

    /// Destroys a context whose thread was never started.
    func discard() {
        guard let context = state.withLock({ Self.takeContext(&$0) }) else { return }
        cws_destroy(context.pointer)
    }

    /// Runs `work` on the thread; a loop that has stopped drops it.
    func submit(_ work: @escaping Work) {
        state.withLock { state in
            guard let context = state.context else { return }
            state.work.append(work)
            // Under the lock, so that the context cannot be destroyed meanwhile. Who finds others'
            // work waiting knows that the thread has been woken for it.
            if state.work.count == 1 { cws_wake(context.pointer) }
        }
    }

    /// Closes all connections and ends the thread.
    func stop() async {
        await withCheckedContinuation { continuation in
            let hasStopped = state.withLock { state in
                state.isStopping = true
                if let context = state.context { cws_wake(context.pointer) }
                if !state.hasStopped { state.whoWaitsForStop.append(continuation) }
                return state.hasStopped
            }
            if hasStopped { continuation.resume() }
        }
    }

    private func run() {
        while let context = performWork() {
            if cws_service(context.pointer) < 0 { break }
        }
        // Not under the lock: closing calls back, and the callbacks may submit.
        if let context = state.withLock({ Self.takeContext(&$0) }) { cws_destroy(context.pointer) }
        let waiting = state.withLock { state in
            state.hasStopped = true
            defer { state.whoWaitsForStop = [] }
            return state.whoWaitsForStop
        }
        for one in waiting { one.resume() }
    }

    /// Does what has been submitted; nil when it is time to stop.
    ///
    /// A function of its own, so that what the work holds is let go before the thread waits.
    private func performWork() -> Context? {
        let (context, work, isStopping) = state.withLock { state in
            defer { state.work = [] }
            return (state.context, state.work, state.isStopping)
        }
        guard let context else { return nil }
        for item in work { item(context) }
        return isStopping ? nil : context
    }

    private static func takeContext(_ state: inout State) -> Context? {
        defer {
            state.context = nil
            state.work = []
        }
        return state.context
    }

    private static let callback: cws_callback = { loop, socket, link, event, bytes, count in
        guard let loop, let socket else { return 0 }
        let owner = Unmanaged<ServiceLoop>.fromOpaque(loop).takeUnretainedValue()
        if event == CWS_ACCEPTING { return owner.door?.admits() == true ? 0 : -1 }
        guard let link else { return event == CWS_REQUESTED ? owner.welcome(socket) : 0 }
        let known = Unmanaged<Link>.fromOpaque(link).takeUnretainedValue()
        return owner.dispatch(
            event,
            socket,
            known,
            bytes,
            UnsafeRawBufferPointer(start: bytes, count: bytes == nil ? 0 : count)
        )
    }

    private func dispatch(
        _ event: cws_event,
        _ socket: OpaquePointer,
        _ link: Link,
        _ raw: UnsafeMutableRawPointer?,
        _ bytes: UnsafeRawBufferPointer
    ) -> CInt {
        link.attach(socket)
        switch event {
        case CWS_REQUESTING:
            for (name, value) in link.requestHeaders {
                guard cws_append_header(raw, bytes.count, name, value) >= 0 else { return -1 }
            }
        case CWS_OPENED:
            let result = link.opened(socket)
            if result == 0, let door, let handshake = link.takeHandshake() {
                door.opened(link, handshake)
            }
            return result
        case CWS_RECEIVED: return link.received(bytes, from: socket)
        case CWS_WRITABLE: return link.writable(socket)
        case CWS_PEER_CLOSES: link.peerCloses(bytes)
        case CWS_FAILED: link.failed(bytes)
        case CWS_CLOSED: link.closed()
        case CWS_GONE:
            cws_set_link(socket, nil)
            link.gone()
            // What `welcome` or `Link.begin` retained.
            Unmanaged.passUnretained(link).release()
        default: break
        }
        return 0
    }

    private func welcome(_ socket: OpaquePointer) -> CInt {
        guard let door else { return -1 }
        let link = door.link(self)
        link.keep(Handshake(of: socket, customHeaders: door.customHeaders))
        // Released at CWS_GONE, which comes also where the handshake fails from here on.
        cws_set_link(socket, Unmanaged.passRetained(link).toOpaque())
        link.attach(socket)
        return 0
    }
}
