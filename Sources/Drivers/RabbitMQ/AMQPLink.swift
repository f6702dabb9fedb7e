import Blocking
import CRabbitMQ
import Glibc

/// One connection with one channel, for the thread that made it.
///
/// Every call may block, for a bounded time. After any error the link is dead: drop it.
final class AMQPLink {
    static let channel: UInt16 = 1

    let handle: OpaquePointer
    private let callTimeout: Duration
    private(set) var descriptor: CInt = -1
    private(set) var usesTLS = false
    /// Half of the heartbeat that was agreed: ``nextEvent()`` must be called at least so often.
    private(set) var serviceInterval: Duration = .seconds(30)
    private var partial: PartialContent?
    private let epoch: Int
    /// A link whose server is gone cannot say goodbye.
    private var isDead = false

    /// Makes a connection with an open channel; `pause` is called between steps that may block.
    ///
    /// - Parameters:
    ///   - configuration: where and as whom.
    ///   - heartbeat: nil for a connection that is not looked after all the time.
    ///   - epoch: what its deliveries are marked with.
    ///   - pause: takes care of those who wait meanwhile.
    /// - Throws: ``RabbitError`` as the server or the library has it.
    init(
        _ configuration: RabbitConfiguration,
        heartbeat: Duration?,
        epoch: Int = 0,
        pause: () -> Void
    ) throws(RabbitError) {
        guard let handle = amqp_new_connection() else { throw .unreachable("out of memory") }
        self.handle = handle
        self.epoch = epoch
        callTimeout = configuration.callTimeout
        try openSocket(configuration)
        pause()
        let seconds = heartbeat.map { CInt(max(1, $0.components.seconds)) } ?? 0
        try check(
            crabbit_login(
                handle,
                configuration.virtualHost,
                seconds,
                configuration.user,
                configuration.password,
                configuration.connectionName,
                configuration.loginTimeout.pollMilliseconds
            )
        )
        let agreed = amqp_get_heartbeat(handle)
        if agreed > 0 { serviceInterval = .milliseconds(500 * Int(agreed)) }
        crabbit_limit_silence(descriptor, configuration.confirmTimeout.pollMilliseconds)
        try check(status: crabbit_limit_calls(handle, callTimeout.pollMilliseconds))
        pause()
        amqp_channel_open(handle, Self.channel)
        try checkLast()
        pause()
    }

    deinit { amqp_destroy_connection(handle) }

    /// The largest frame that was agreed.
    var frameLimit: Int { Int(amqp_get_frame_max(handle)) }

    /// Closes in order: returns once the server has seen all that was written.
    func close() {
        guard !isDead else { return }
        isDead = true
        // Closing the channel first makes its process answer after all acks before it.
        _ = amqp_channel_close(handle, Self.channel, 200)
        _ = amqp_connection_close(handle, 200)
    }

    /// The next event, without waiting, or nil where there is none yet; services heartbeats too.
    func nextEvent() throws(RabbitError) -> AMQPEvent? {
        while true {
            amqp_maybe_release_buffers(handle)
            var frame = crabbit_frame()
            try check(status: crabbit_next_frame(handle, &frame))
            if frame.kind == CRABBIT_NOTHING { return nil }
            if frame.kind == CRABBIT_CLOSE {
                throw failure(code: Int(frame.code), text: String(copying: frame.text))
            }
            if let event = try event(of: frame) { return event }
        }
    }

    private func event(of frame: crabbit_frame) throws(RabbitError) -> AMQPEvent? {
        switch frame.kind {
        case CRABBIT_ACK: return .confirmed(frame.tag, multiple: frame.multiple)
        case CRABBIT_NACK: return .refused(frame.tag, multiple: frame.multiple)
        case CRABBIT_BLOCKED: return .blocked(String(copying: frame.text))
        case CRABBIT_UNBLOCKED: return .unblocked
        case CRABBIT_CANCEL: return .queueGone
        case CRABBIT_CANCEL_OK: return .cancelled
        case CRABBIT_DELIVER, CRABBIT_RETURN:
            partial = PartialContent(frame)
            return nil
        case CRABBIT_HEADER:
            partial?.takeHeader(frame)
        case CRABBIT_BODY:
            partial?.takeBody(frame)
        default: return nil
        }
        guard let whole = partial, whole.isComplete else { return nil }
        partial = nil
        guard let event = whole.event(epoch: epoch) else {
            throw dead("a message came back without its id")
        }
        return event
    }

    // MARK: Failures

    func check(status: CInt) throws(RabbitError) {
        guard status < 0 else { return }
        throw dead(String(cString: amqp_error_string2(status)))
    }

    func check(_ reply: crabbit_reply) throws(RabbitError) {
        guard reply.status != 0 else { return }
        try check(status: reply.status)
        throw failure(code: Int(reply.code), text: String(copying: reply.text))
    }

    func checkLast() throws(RabbitError) { try check(crabbit_last_reply(handle)) }

    /// Marks the link dead and makes the error for it.
    func dead(_ reason: String) -> RabbitError {
        isDead = true
        return .unreachable(reason)
    }

    private func failure(code: Int, text: String) -> RabbitError {
        isDead = true
        return switch code {
        case 403: .accessRefused(text)
        // The server is stopping, or somebody closed the connection by hand.
        case 320: .unreachable(text)
        default: .refused(code: code, reason: text)
        }
    }

    private func openSocket(_ configuration: RabbitConfiguration) throws(RabbitError) {
        let status: CInt
        if let tls = configuration.tls {
            usesTLS = true
            status = tls.authorities.withCString { authorities in
                withOptionalCString(tls.certificate) { certificate in
                    withOptionalCString(tls.key) { key in
                        let settings = crabbit_tls(
                            is_on: true,
                            verifies: tls.verifies,
                            ca_file: tls.verifies ? authorities : nil,
                            certificate_file: certificate,
                            key_file: key
                        )
                        return crabbit_open(
                            handle,
                            configuration.host,
                            CInt(configuration.port),
                            configuration.connectTimeout.pollMilliseconds,
                            settings
                        )
                    }
                }
            }
        } else {
            status = crabbit_open(
                handle,
                configuration.host,
                CInt(configuration.port),
                configuration.connectTimeout.pollMilliseconds,
                crabbit_tls()
            )
        }
        try check(status: status)
        descriptor = amqp_get_sockfd(handle)
    }
}

private func withOptionalCString<R>(_ text: String?, _ body: (UnsafePointer<CChar>?) -> R) -> R {
    guard let text else { return body(nil) }
    return text.withCString { body($0) }
}
