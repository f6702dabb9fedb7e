import Blocking
import CRabbitMQ
import Glibc

extension AMQPLink {
    /// Makes the queues be there; calls `pause` after each, since the first time may be slow.
    func declare(_ topology: [RabbitQueueDeclaration], pause: () -> Void) throws(RabbitError) {
        for queue in topology {
            var table = crabbit_table()
            let arguments = CStrings()
            for (name, value) in queue.arguments {
                let key = arguments.add(name)
                switch value {
                case .text(let text): crabbit_table_add_text(&table, key, arguments.add(text))
                case .number(let number): crabbit_table_add_number(&table, key, number)
                case .flag(let flag): crabbit_table_add_flag(&table, key, flag)
                }
            }
            let reply = withExtendedLifetime(arguments) {
                crabbit_declare_queue(handle, Self.channel, queue.name, queue.isDurable, &table)
            }
            do { try check(reply) } catch {
                guard case .refused(code: 406, let reason) = error else { throw error }
                throw .conflict(queue: queue.name, reason: reason)
            }
            pause()
        }
    }

    /// From now on the server confirms what is published.
    func selectConfirms() throws(RabbitError) {
        amqp_confirm_select(handle, Self.channel)
        try checkLast()
    }

    /// Asks for messages, at most so many unacknowledged at once.
    func consume(_ queue: String, prefetch: UInt16, tag: String) throws(RabbitError) {
        amqp_basic_qos(handle, Self.channel, 0, prefetch, 0)
        try checkLast()
        let strings = CStrings()
        amqp_basic_consume(
            handle,
            Self.channel,
            amqp_cstring_bytes(strings.add(queue)),
            amqp_cstring_bytes(strings.add(tag)),
            0,
            0,
            0,
            amqp_empty_table
        )
        let reply = withExtendedLifetime(strings) { crabbit_last_reply(handle) }
        do { try check(reply) } catch {
            guard case .refused(code: 404, _) = error else { throw error }
            throw .notFound(queue: queue)
        }
    }

    /// Asks for no more messages; ``AMQPEvent/cancelled`` follows.
    func cancel(_ tag: String) throws(RabbitError) {
        let strings = CStrings()
        let status = withExtendedLifetime(strings) {
            crabbit_cancel(handle, Self.channel, amqp_cstring_bytes(strings.add(tag)))
        }
        try check(status: status)
    }

    func acknowledge(_ tag: UInt64, multiple: Bool) throws(RabbitError) {
        try check(status: amqp_basic_ack(handle, Self.channel, tag, multiple ? 1 : 0))
    }

    /// Says no to one message, which counts towards its delivery limit.
    func reject(_ tag: UInt64, requeue: Bool) throws(RabbitError) {
        try check(status: amqp_basic_reject(handle, Self.channel, tag, requeue ? 1 : 0))
    }

    /// Gives a message back that nobody looked at; from RabbitMQ 4.3 on this counts for nothing.
    func giveBack(_ tag: UInt64) throws(RabbitError) {
        try check(status: amqp_basic_nack(handle, Self.channel, tag, 0, 1))
    }

    /// Publishes by the library, one message at a time: the way for TLS, whose bytes it alone
    /// can write.
    func publish(_ message: RabbitMessage, tag: UInt64) throws(RabbitError) {
        var properties: [UInt8] = []
        properties.append(propertiesOf: message, tag: tag)
        let status = withBytes(message.exchange.utf8.map { $0 }) { exchange in
            withBytes(message.routingKey.utf8.map { $0 }) { routingKey in
                withBytes(properties) { properties in
                    withBytes(message.body) { body in
                        crabbit_publish(
                            handle,
                            Self.channel,
                            exchange,
                            routingKey,
                            properties,
                            body
                        )
                    }
                }
            }
        }
        try check(status: status)
    }

    /// Whether the socket takes bytes now.
    var isWritable: Bool {
        var polled = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        return poll(&polled, 1, 0) > 0
    }

    /// Writes whole frames past the library, which holds back no output of its own.
    ///
    /// Between the first and the last byte nothing else is written, so frames stay whole.
    func write(_ bytes: [UInt8], atMost limit: Duration) throws(RabbitError) {
        precondition(!usesTLS, "TLS writes through the library")
        let deadline = ContinuousClock.now + limit
        let failure: CInt = bytes.withUnsafeBytes { all in
            var rest = all[...]
            while !rest.isEmpty {
                let part = UnsafeRawBufferPointer(rebasing: rest)
                let flags = CInt(MSG_NOSIGNAL | MSG_DONTWAIT)
                let count = send(descriptor, part.baseAddress, part.count, flags)
                if count > 0 {
                    rest = rest.dropFirst(count)
                } else if count < 0, errno == EAGAIN || errno == EINTR {
                    let left = deadline - ContinuousClock.now
                    guard left > .zero else { return ETIMEDOUT }
                    var polled = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    _ = poll(&polled, 1, left.pollMilliseconds)
                } else {
                    return count < 0 ? errno : EPIPE
                }
            }
            return 0
        }
        guard failure == 0 else { throw dead(String(cString: strerror(failure))) }
    }
}

/// C strings that live as long as this does.
final class CStrings {
    private var pointers: [UnsafeMutablePointer<CChar>] = []

    deinit { for pointer in pointers { free(pointer) } }

    func add(_ text: String) -> UnsafePointer<CChar> {
        guard let copy = strdup(text) else { preconditionFailure("out of memory") }
        pointers.append(copy)
        return UnsafePointer(copy)
    }
}

private func withBytes<R>(_ bytes: [UInt8], _ body: (amqp_bytes_t) -> R) -> R {
    bytes.withUnsafeBytes { buffer in
        let start = UnsafeMutableRawPointer(mutating: buffer.baseAddress)
        return body(amqp_bytes_t(len: buffer.count, bytes: start))
    }
}
