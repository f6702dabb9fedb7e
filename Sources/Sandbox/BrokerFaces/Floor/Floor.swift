import Exchange
import Synchronization

/// What all faces share: the world behind its lock, the clock, and the way out for order events.
final class Floor: Sendable {
    /// Every order id begins with it, so that a sandbox started again gives no id twice.
    let orderIDBase: Int
    let postbacks: Postbacks
    /// For faces that tell over HTTP where their socket is; 0 before the start.
    private let socketPort = Atomic<Int>(0)
    private let world: Mutex<World>
    private let clock: @Sendable () -> Int64

    init(_ configuration: SandboxConfiguration) {
        clock = configuration.clock
        let started = Moment(microseconds: configuration.clock())
        orderIDBase = Int(started.microseconds / 1_000_000 % 1_000_000_000) * 1_000_000
        world = Mutex(World(configuration, at: started))
        postbacks = Postbacks(orderIDBase: orderIDBase)
    }

    var webSocketPort: Int {
        get { socketPort.load(ordering: .acquiring) }
        set { socketPort.store(newValue, ordering: .releasing) }
    }

    /// Works on the world at this moment; events that come of it are sent out in their order.
    func enter<R>(_ body: (inout World, Moment) throws -> R) rethrows -> R {
        try world.withLock { world in
            let now = Moment(microseconds: clock() + world.clockOffset)
            defer {
                world.fireProfitExits(at: now)
                send(world.exchange.takeEvents(), &world)
            }
            return try body(&world, now)
        }
    }

    /// Lets time pass in the markets in which orders wait.
    func tick() {
        enter { world, now in world.exchange.advance(to: now) }
    }

    /// Sets the sandbox's clock; nil puts it back to the machine's.
    func setClock(_ moment: Moment?) {
        world.withLock { world in
            world.clockOffset = moment.map { $0.microseconds - clock() } ?? 0
        }
    }

    /// The account of whoever shows a good token.
    func account(of caller: Caller, at face: any BrokerFace.Type) -> Int? {
        enter { world, now in world.account(of: caller, at: face, now) }
    }

    /// Begins to listen to one account's orders, or to all of a face where it is nil.
    func listen(to account: Int?) -> (id: Int, stream: AsyncStream<OrderUpdate>) {
        let (feed, stream) = OrderFeed.make()
        return enter { world, _ in
            world.lastFeed += 1
            if let account {
                world.subscribers[account, default: [:]][world.lastFeed] = feed
                world.updateWatch(account)
            } else {
                world.partners[world.lastFeed] = feed
                world.exchange.watchesAll = true
            }
            return (world.lastFeed, stream)
        }
    }

    func stopListening(_ id: Int, to account: Int?) {
        enter { world, _ in
            if let account {
                world.subscribers[account]?.removeValue(forKey: id)?.end()
                world.updateWatch(account)
            } else {
                world.partners.removeValue(forKey: id)?.end()
                world.exchange.watchesAll = !world.partners.isEmpty
            }
        }
    }

    /// Ends every feed, so that their connections close.
    func endFeeds() {
        enter { world, _ in
            for feed in world.subscribers.values.flatMap(\.values) { feed.end() }
            for feed in world.partners.values { feed.end() }
            world.subscribers.removeAll()
            world.partners.removeAll()
        }
    }

    private func send(_ events: [OrderEvent], _ world: inout World) {
        for event in events {
            let account = event.order.account
            let update = OrderUpdate(
                event: event,
                face: world.clients[account].face,
                client: world.clients[account].client,
                instrument: world.exchange.instrument(event.order.instrument)
            )
            for feed in (world.subscribers[account] ?? [:]).values { feed.send(update) }
            for feed in world.partners.values { feed.send(update) }
            if let address = world.clients[account].postback { postbacks.add(update, to: address) }
        }
    }
}
