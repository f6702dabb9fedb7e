package import Desk
import Synchronization
import Trading

/// How brokers answer, remembered in this process alone.
package final class MemoryBrokerHealth: BrokerHealthBoard {
    private struct Told {
        let health: [BrokerHealth]
        let at: Timestamp
    }

    private let clock: any WallClock
    private let told = Mutex<[String: Told]>([:])

    package init(clock: any WallClock) { self.clock = clock }

    package func tell(_ health: [BrokerHealth], by worker: String) async {
        let now = clock.now()
        told.withLock { $0[worker] = Told(health: health, at: now) }
    }

    package func told(maximumAge: Duration) async -> [BrokerHealth]? {
        let now = clock.now()
        return told.withLock { told in
            told.values.filter { $0.at.duration(to: now) <= maximumAge }.flatMap(\.health)
        }
    }
}
