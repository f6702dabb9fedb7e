package import Desk
import Synchronization
package import Trading

/// Leaves a broker alone that has not answered for some time, and asks it again with single orders.
///
/// Opens after `threshold` silences in a row; while open, one order goes through every `rest` to find
/// out; one answer closes it. Each process counts for itself: no shared state to lose.
package final class CircuitBreaker: BrokerGate {
    private struct Circuit {
        var silences = 0
        var nextTrial: ContinuousClock.Instant?
        var lastAnswer: ContinuousClock.Instant?
        var lastSilence: ContinuousClock.Instant?
    }

    private let threshold: Int
    private let rest: Duration
    private let now: @Sendable () -> ContinuousClock.Instant
    private let circuits = Mutex<[BrokerName: Circuit]>([:])

    package init(
        threshold: Int = 20,
        rest: Duration = .seconds(5),
        now: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now }
    ) {
        self.threshold = threshold
        self.rest = rest
        self.now = now
    }

    package func wait(for broker: BrokerName) -> Duration? {
        circuits.withLock { circuits in
            guard let trial = circuits[broker]?.nextTrial else { return nil }
            let present = now()
            guard trial <= present else { return present.duration(to: trial) }
            circuits[broker]?.nextTrial = present.advanced(by: rest)
            return nil
        }
    }

    package func noteAnswer(_ broker: BrokerName) {
        circuits.withLock { circuits in
            let silence = circuits[broker]?.lastSilence
            circuits[broker] = Circuit(lastAnswer: now(), lastSilence: silence)
        }
    }

    package func noteSilence(_ broker: BrokerName) {
        circuits.withLock { circuits in
            circuits[broker, default: Circuit()].silences += 1
            circuits[broker]?.lastSilence = now()
            guard let circuit = circuits[broker], circuit.silences >= threshold,
                circuit.nextTrial == nil
            else { return }
            circuits[broker]?.nextTrial = now().advanced(by: rest)
        }
    }

    /// How the brokers that were called answer; `present` is the moment on the wall.
    package func health(at present: Timestamp) -> [BrokerHealth] {
        let instant = now()
        let onTheWall = { (past: ContinuousClock.Instant?) in
            past.map { present.advanced(by: instant.duration(to: $0)) }
        }
        return circuits.withLock { circuits in
            circuits.map { broker, circuit in
                BrokerHealth(
                    broker: broker,
                    isResting: circuit.nextTrial != nil,
                    silences: circuit.silences,
                    lastAnswer: onTheWall(circuit.lastAnswer),
                    lastSilence: onTheWall(circuit.lastSilence)
                )
            }
        }
    }

    /// The brokers that are left alone now.
    package var open: [BrokerName] {
        circuits.withLock { circuits in
            circuits.filter { $0.value.nextTrial != nil }.keys.sorted { $0.rawValue < $1.rawValue }
        }
    }
}
