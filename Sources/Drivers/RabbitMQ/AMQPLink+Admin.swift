import CRabbitMQ
import Glibc

extension AMQPLink {
    /// Whether there is something to read, if only the end.
    var hasInput: Bool {
        var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&polled, 1, 0) != 0
    }

    func deleteQueue(_ name: String) throws(RabbitError) {
        let strings = CStrings()
        _ = withExtendedLifetime(strings) {
            amqp_queue_delete(handle, Self.channel, amqp_cstring_bytes(strings.add(name)), 0, 0)
        }
        try checkLast()
    }

    func purgeQueue(_ name: String) throws(RabbitError) -> Int {
        let strings = CStrings()
        let answer = withExtendedLifetime(strings) {
            amqp_queue_purge(handle, Self.channel, amqp_cstring_bytes(strings.add(name)))
        }
        try checkFound(crabbit_last_reply(handle), queue: name)
        return Int(answer?.pointee.message_count ?? 0)
    }

    func messageCount(_ name: String) throws(RabbitError) -> Int {
        var reply = crabbit_reply()
        let count = crabbit_count(handle, Self.channel, name, &reply)
        try checkFound(reply, queue: name)
        return Int(count)
    }

    /// Takes one message, unacknowledged; nil if the queue is empty.
    func get(_ queue: String) throws(RabbitError) -> RabbitDelivery? {
        amqp_maybe_release_buffers(handle)
        let strings = CStrings()
        var frame = crabbit_frame()
        var message = amqp_message_t()
        var reply = crabbit_reply()
        let result = withExtendedLifetime(strings) {
            crabbit_get(
                handle,
                Self.channel,
                amqp_cstring_bytes(strings.add(queue)),
                &frame,
                &message,
                &reply
            )
        }
        try checkFound(reply, queue: queue)
        guard result == 1 else { return nil }
        defer { amqp_destroy_message(&message) }
        var content = PartialContent(frame)
        withUnsafePointer(to: message.properties) { properties in
            var header = crabbit_frame()
            header.body_size = UInt64(message.body.len)
            header.properties = properties
            content.takeHeader(header)
            var body = crabbit_frame()
            body.fragment = message.body
            content.takeBody(body)
        }
        return content.delivery(epoch: 0)
    }

    private func checkFound(_ reply: crabbit_reply, queue: String) throws(RabbitError) {
        do { try check(reply) } catch {
            guard case .refused(code: 404, _) = error else { throw error }
            throw .notFound(queue: queue)
        }
    }
}
