import Desk
import DeskTesting
import Trading

/// What tests of looks and comparisons need of the world.
extension DeskWorld {
    func looking(concurrency: Int = 32, market: MarketHours) -> LookAtOrders {
        LookAtOrders(
            store: store,
            accounts: store,
            brokers: brokers,
            complete: complete,
            cancels: store,
            market: market,
            clock: clock,
            concurrency: concurrency
        )
    }

    var reconcile: ReconcileAccounts {
        ReconcileAccounts(
            orders: store,
            drifts: store,
            accounts: store,
            brokers: brokers,
            queue: queue,
            complete: complete,
            clock: clock
        )
    }
}
