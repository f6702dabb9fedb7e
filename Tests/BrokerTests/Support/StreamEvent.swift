import Desk

/// What an order stream tells its listener.
enum StreamEvent: Equatable, Sendable {
    case connected
    case hinted([BrokerHint])
    case lost(String)

    /// A listener, and what it is told.
    static func listener() -> (AsyncStream<StreamEvent>, OrderStreamListener) {
        let (events, event) = AsyncStream.makeStream(of: StreamEvent.self)
        let listener = OrderStreamListener(
            hinted: { event.yield(.hinted($0)) },
            connected: { event.yield(.connected) },
            lost: { why, _ in event.yield(.lost(why)) }
        )
        return (events, listener)
    }
}
