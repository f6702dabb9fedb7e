import CWebSockets
import Glibc
import Synchronization

/// One connection between the library's thread and the tasks that use it.
///
/// 1. The library's pointer is used on the loop's thread only, between `begin` and `gone`.
/// 2. The library holds one reference to this object, as the connection's link, until `gone`.
/// 3. `opened`, `failed` and `closed` settle once what tasks are waiting for.
final class Link: Sendable {
    /// Unchecked, because the pointer passes through tasks that hand work to the loop's thread.
    struct Socket: @unchecked Sendable { let pointer: OpaquePointer }

    private typealias Opening = Result<Void, WebSocketError>
    private typealias Opener = CheckedContinuation<Result<Void, WebSocketError>, Never>
    private struct State {
        var socket: Socket?
        var opening: Opening?
        var whoWaitsForOpening: Opener?
        /// Our own close frame, wanted or sent.
        var ours: WebSocketClosure?
        var closure: WebSocketClosure?
        var isClosed = false
        var isGone = false
        var whoWaitsForClose: [CheckedContinuation<Void, Never>] = []
        var partial: [UInt8] = []
        var handshake: Handshake?
    }

    let requestHeaders: [(String, String)]
    private let options: WebSocketOptions
    private let loop: ServiceLoop
    private let inbox: Inbox
    private let outbox: Outbox
    private let state = Mutex(State())
    private let idle: IdlePolicy

    init(
        _ loop: ServiceLoop,
        _ options: WebSocketOptions,
        _ idle: IdlePolicy,
        requestHeaders: [(String, String)] = []
    ) {
        self.loop = loop
        self.options = options
        self.idle = idle
        self.requestHeaders = requestHeaders
        inbox = Inbox(limit: options.maximumBufferedBytes)
        outbox = Outbox(limit: options.maximumBufferedBytes)
        loop.linkBorn()
    }

    deinit { loop.linkDied() }

    // MARK: For tasks

    /// How the connection was closed in good order; nil before, and where it was lost.
    var closure: WebSocketClosure? { state.withLock { $0.closure } }

    func send(_ message: WebSocketMessage) async throws(WebSocketError) {
        guard try await outbox.put(Outbox.Frame(message)) else { return }
        loop.submit { _ in self.withSocket(cws_ask_writable) }
    }

    func next() async throws -> WebSocketMessage? {
        try await inbox.next {
            loop.submit { _ in self.withSocket { cws_pause_reading($0, 0) } }
        }
    }

    /// Begins to close: what is queued goes out first, then the close frame.
    func beginClosing(code: Int, reason: String) {
        let isFirst = state.withLock { state in
            guard !state.isClosed, state.ours == nil else { return false }
            state.ours = WebSocketClosure(code: code, reason: reason)
            return true
        }
        guard isFirst else { return }
        outbox.close(discarding: false)
        loop.submit { _ in
            self.withSocket { socket in
                // The peer's answer must be read, and a peer that does not read must not hold us.
                cws_pause_reading(socket, 0)
                cws_give_up_after(socket, 5)
                cws_ask_writable(socket)
            }
        }
    }

    func waitUntilClosed() async {
        await withCheckedContinuation { continuation in
            let isClosed = state.withLock { state in
                if !state.isClosed { state.whoWaitsForClose.append(continuation) }
                return state.isClosed
            }
            if isClosed { continuation.resume() }
        }
    }

    func waitUntilOpen() async -> Result<Void, WebSocketError> {
        await withCheckedContinuation { continuation in
            let opening = state.withLock { state in
                if state.opening == nil { state.whoWaitsForOpening = continuation }
                return state.opening
            }
            if let opening { continuation.resume(returning: opening) }
        }
    }

    /// Gives up an attempt to connect.
    func abandon(reason: String) {
        settleOpening(.failure(.cannotConnect(reason: reason)))
        loop.submit { _ in self.withSocket(cws_break) }
    }

    // MARK: On the loop's thread

    /// Asks the library to connect.
    func begin(
        in context: OpaquePointer,
        to address: WebSocketAddress,
        at numeric: String,
        from localAddress: String?
    ) {
        // Abandoned before it began: nobody waits any more.
        guard state.withLock({ $0.opening == nil }) else { return }
        // Released by `gone`; here where the library failed before it made a connection.
        let link = Unmanaged.passRetained(self)
        let made = cws_connect(
            context,
            link.toOpaque(),
            numeric,
            localAddress,
            address.hostHeader,
            CInt(address.port),
            address.target,
            address.usesTLS ? 1 : 0,
            idle.pointer
        )
        if let made {
            attach(made)
            return
        }
        settleOpening(.failure(.cannotConnect(reason: "refused at once")))
        if !state.withLock({ $0.isGone }) { link.release() }
        finish()
    }

    /// Remembers the pointer at the first event; it is valid until `gone`.
    func attach(_ socket: OpaquePointer) {
        let handle = Socket(pointer: socket)
        state.withLock { state in
            if state.socket == nil, !state.isGone { state.socket = handle }
        }
    }

    /// At a server: the request, from the handshake until the connection is open.
    func keep(_ handshake: Handshake) { state.withLock { $0.handshake = handshake } }

    func takeHandshake() -> Handshake? {
        state.withLock { state in
            defer { state.handshake = nil }
            return state.handshake
        }
    }

    func opened(_ socket: OpaquePointer) -> CInt {
        settleOpening(.success(()))
        // Abandoned in the meantime, or closed before it was open.
        if state.withLock({ $0.opening }).map(Self.isFailure) == true { return -1 }
        if state.withLock({ $0.ours != nil }) { cws_ask_writable(socket) }
        return 0
    }

    func received(_ piece: UnsafeRawBufferPointer, from socket: OpaquePointer) -> CInt {
        cws_confirm_life(socket)
        let step = state.withLock { state -> Step in
            // After our close frame nobody reads.
            guard state.ours == nil else { return .goOn }
            if cws_is_first(socket) != 0 { state.partial.removeAll(keepingCapacity: true) }
            guard state.partial.count + piece.count <= options.maximumMessageBytes else {
                return .refuse(1009)
            }
            state.partial.append(contentsOf: piece)
            guard cws_is_last(socket) != 0 else { return .goOn }
            defer { state.partial = [] }
            if cws_is_binary(socket) != 0 { return .deliver(.binary(state.partial)) }
            guard let text = String(validating: state.partial, as: UTF8.self) else {
                return .refuse(1007)
            }
            return .deliver(.text(text))
        }
        switch step {
        case .goOn: return 0
        case .deliver(let message):
            if inbox.put(message) { cws_pause_reading(socket, 1) }
            return 0
        case .refuse(let code):
            state.withLock { $0.ours = WebSocketClosure(code: code, reason: "") }
            cws_close_reason(socket, CInt(code), nil, 0)
            return -1
        }
    }

    func writable(_ socket: OpaquePointer) -> CInt {
        while cws_is_choked(socket) == 0 {
            guard var frame = outbox.take() else { return closeIfWanted(socket) }
            let written = frame.bytes.withUnsafeMutableBufferPointer { bytes -> CInt in
                guard let start = bytes.baseAddress else { return -1 }
                let count = bytes.count - cws_padding
                return cws_write(socket, start + cws_padding, count, frame.isBinary ? 1 : 0)
            }
            guard written >= 0 else { return -1 }
        }
        cws_ask_writable(socket)
        return 0
    }

    func peerCloses(_ payload: UnsafeRawBufferPointer) {
        let code = payload.count >= 2 ? Int(payload[0]) << 8 | Int(payload[1]) : 1005
        let reason = String(decoding: payload.dropFirst(2), as: UTF8.self)
        state.withLock { $0.closure = WebSocketClosure(code: code, reason: reason) }
    }

    func failed(_ reason: UnsafeRawBufferPointer) {
        let text = String(decoding: reason, as: UTF8.self)
        settleOpening(.failure(.cannotConnect(reason: text.isEmpty ? "no answer" : text)))
        finish()
    }

    func closed() { finish() }

    /// The library forgets this connection.
    func gone() {
        state.withLock { state in
            state.socket = nil
            state.isGone = true
        }
        settleOpening(.failure(.cannotConnect(reason: "closed during the handshake")))
        finish()
    }

    private enum Step { case goOn, deliver(WebSocketMessage), refuse(Int) }

    private func closeIfWanted(_ socket: OpaquePointer) -> CInt {
        guard let ours = state.withLock({ $0.ours }) else { return 0 }
        // A close frame holds 125 bytes, of which the code takes two.
        let reason = Array(ours.reason.utf8.prefix(123))
        cws_close_reason(socket, CInt(ours.code), reason, reason.count)
        return -1
    }

    private func withSocket(_ body: (OpaquePointer) -> Void) {
        guard let socket = state.withLock({ $0.socket }) else { return }
        body(socket.pointer)
    }

    private func settleOpening(_ result: Result<Void, WebSocketError>) {
        let waiting = state.withLock { state -> Opener? in
            guard state.opening == nil else { return nil }
            state.opening = result
            defer { state.whoWaitsForOpening = nil }
            return state.whoWaitsForOpening
        }
        waiting?.resume(returning: result)
    }

    private func finish() {
        let (ending, waiting) = state.withLock {
            state -> (Result<Void, WebSocketError>?, [CheckedContinuation<Void, Never>]) in
            guard !state.isClosed else { return (nil, []) }
            state.isClosed = true
            if state.closure == nil { state.closure = state.ours }
            defer { state.whoWaitsForClose = [] }
            let isClean = state.closure != nil
            return (
                isClean ? .success(()) : .failure(.lost(reason: "ended without a close frame")),
                state.whoWaitsForClose
            )
        }
        guard let ending else { return }
        outbox.close(discarding: true)
        inbox.end(ending)
        for one in waiting { one.resume() }
    }

    private static func isFailure(_ result: Result<Void, WebSocketError>) -> Bool {
        if case .failure = result { return true }
        return false
    }
}

/// The library's idle policy, which must outlive the connections that it governs.
///
/// Unchecked: written once by C, then only read.
final class IdlePolicy: @unchecked Sendable {
    let pointer: OpaquePointer?

    init(_ options: WebSocketOptions) {
        let ping = max(1, options.pingAfter.components.seconds)
        let lost = max(ping + 1, options.lostAfter.components.seconds)
        pointer = cws_idle_policy(UInt16(clamping: ping), UInt16(clamping: lost))
    }

    deinit { free(UnsafeMutableRawPointer(pointer)) }
}
