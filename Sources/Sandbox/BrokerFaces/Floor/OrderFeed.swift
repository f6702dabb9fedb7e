import Exchange

/// Where one listener's order events go.
///
/// Bounded: a listener that does not keep up is cut off, as a real server would.
struct OrderFeed: Sendable {
    static let limit = 10_000
    private let continuation: AsyncStream<OrderUpdate>.Continuation

    /// A feed and the stream at its other end.
    static func make() -> (OrderFeed, AsyncStream<OrderUpdate>) {
        let (stream, continuation) = AsyncStream.makeStream(
            of: OrderUpdate.self,
            bufferingPolicy: .bufferingOldest(limit)
        )
        return (OrderFeed(continuation: continuation), stream)
    }

    /// Whether it could be taken; after a refusal the feed has ended.
    @discardableResult
    func send(_ update: OrderUpdate) -> Bool {
        guard case .dropped = continuation.yield(update) else { return true }
        continuation.finish()
        return false
    }

    func end() {
        continuation.finish()
    }
}

/// An order's event with what a broker tells of it.
struct OrderUpdate: Sendable {
    let event: OrderEvent
    let face: any BrokerFace.Type
    let client: String
    let instrument: Instrument
}
