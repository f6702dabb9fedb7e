/// What a subscription tells.
package enum RedisEvent: Sendable, Equatable {
    case message(channel: String, payload: [UInt8])
    /// All channels are listened to, for the first time or again: messages before this may have
    /// been missed, so look at the state itself now.
    ///
    /// Also comes in place of messages that a slow reader has missed.
    case reconnected
}

/// One subscriber and its bounded backlog; lives on the subscriptions' thread.
///
/// Whenever its backlog is full there is a `reconnected` in it, so that a message which finds no
/// room is never lost unnoticed.
struct RedisSubscriber {
    let channels: [String]
    /// Channels that Redis has not yet said to be listened to on this connection.
    var missing: Set<String>
    private let stream: AsyncStream<RedisEvent>.Continuation
    private let limit: Int
    /// How many events were put after the newest `reconnected`.
    private var sinceMark: Int

    init(channels: [String], stream: AsyncStream<RedisEvent>.Continuation, limit: Int) {
        self.channels = channels
        missing = Set(channels)
        self.stream = stream
        self.limit = limit
        sinceMark = limit
    }

    mutating func yield(_ event: RedisEvent) {
        // Dropped means full, and full means that a mark is in it.
        guard case .enqueued(let room) = stream.yield(event) else { return }
        sinceMark = event == .reconnected ? 0 : sinceMark + 1
        let backlog = limit - room
        if room == 1, sinceMark >= backlog {
            stream.yield(.reconnected)
            sinceMark = 0
        }
    }

    func finish() { stream.finish() }
}
