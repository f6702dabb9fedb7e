package import Trading

/// A feed where the broker has none that serves: its quotes, asked for again and again.
package struct PolledFeed: MarketFeed {
    private let source: any Broker
    private let clock: any WallClock
    /// Instruments of one call.
    private let perCall: Int
    /// From one call to the next, within what the broker allows.
    private let pause: Duration
    package let room: Int

    package init(
        _ source: any Broker,
        room: Int,
        perCall: Int,
        pause: Duration,
        clock: any WallClock
    ) {
        precondition(perCall > 0)
        self.source = source
        self.room = room
        self.perCall = perCall
        self.pause = pause
        self.clock = clock
    }

    package var broker: BrokerName { source.traits.name }

    package func follow(
        _ session: BrokerSession,
        _ subscription: FeedSubscription,
        _ listener: FeedListener
    ) async {
        var rest: ArraySlice<FeedInstrument> = []
        var wait = pause
        while !Task.isCancelled {
            if rest.isEmpty {
                rest = subscription.wanted.sorted { $0.instrument < $1.instrument }[...]
            }
            let part = rest.prefix(perCall)
            rest = rest.dropFirst(perCall)
            if !part.isEmpty {
                do throws(BrokerFailure) {
                    let prices = try await source.quotes(part.map(\.listed), session)
                    wait = pause
                    listener.heard()
                    listener.ticked(prices.map { Tick(instrument: $0, price: $1) })
                } catch {
                    wait = min(max(wait * 2, .seconds(1)), .seconds(60))
                    listener.lost(error.words, wait)
                }
            }
            guard (try? await clock.sleep(for: wait)) != nil else { return }
        }
    }
}

extension FeedInstrument {
    fileprivate var listed: BrokerInstrument {
        BrokerInstrument(instrument: instrument, segment: segment, code: orderCode)
    }
}
