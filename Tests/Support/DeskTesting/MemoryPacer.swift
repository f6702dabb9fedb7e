package import Desk
import Synchronization
package import Trading

/// Lets calls through unless a test or a pause says otherwise.
package final class MemoryPacer: Pacer {
    /// A pause that somebody asked for.
    package struct Pause: Sendable, Equatable {
        package let account: AccountID
        package let broker: BrokerName
        package let duration: Duration
    }
    private struct State {
        var taken: [PaceRequest] = []
        var scripted: [AccountID: [PaceAnswer]] = [:]
        var pauses: [Pause] = []
    }
    private let state = Mutex(State())

    package init() {}

    package func take(_ requests: [PaceRequest]) async -> [PaceAnswer] {
        state.withLock { state in
            requests.map { request in
                state.taken.append(request)
                guard state.scripted[request.account]?.isEmpty == false,
                    let answer = state.scripted[request.account]?.removeFirst()
                else { return .now }
                return answer
            }
        }
    }

    package func pause(_ account: AccountID, broker: BrokerName, for duration: Duration) async {
        state.withLock {
            $0.pauses.append(Pause(account: account, broker: broker, duration: duration))
        }
    }

    /// The next answers for an account; after them it may call.
    package func script(_ answers: [PaceAnswer], for account: AccountID) {
        state.withLock { $0.scripted[account] = answers }
    }

    /// Every call that was asked for.
    package var taken: [PaceRequest] { state.withLock { $0.taken } }
    /// Every pause that was asked for.
    package var pauses: [Pause] { state.withLock { $0.pauses } }
}

/// A breaker that a test opens, and what it was told.
package final class MemoryGate: BrokerGate {
    private struct State {
        var waits: [BrokerName: Duration] = [:]
        var answers: [BrokerName] = []
        var silences: [BrokerName] = []
    }
    private let state = Mutex(State())

    package init() {}

    package func wait(for broker: BrokerName) -> Duration? { state.withLock { $0.waits[broker] } }
    package func noteAnswer(_ broker: BrokerName) { state.withLock { $0.answers.append(broker) } }
    package func noteSilence(_ broker: BrokerName) { state.withLock { $0.silences.append(broker) } }

    /// Keeps orders from a broker for so long; nil: no more.
    package func set(_ wait: Duration?, for broker: BrokerName) {
        state.withLock { $0.waits[broker] = wait }
    }

    /// Which brokers were said to have answered.
    package var answers: [BrokerName] { state.withLock { $0.answers } }
    /// Which brokers were said to be silent.
    package var silences: [BrokerName] { state.withLock { $0.silences } }
}
