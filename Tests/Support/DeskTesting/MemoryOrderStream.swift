package import Desk
import Synchronization
package import Trading

/// A broker's order stream by hand: remembers who is followed, and says what the test says.
package final class MemoryOrderStream: OrderStream {
    private struct State {
        var listeners: [AccountID: (token: Secret, listener: OrderStreamListener)] = [:]
        var begun: [AccountID] = []
    }
    private let state = Mutex(State())
    package let broker: BrokerName

    package init(_ broker: BrokerName) { self.broker = broker }

    /// The accounts that are followed now.
    package var followed: [AccountID] { state.withLock { $0.listeners.keys.sorted() } }
    /// Every account that was ever begun with, in order.
    package var begun: [AccountID] { state.withLock(\.begun) }

    /// The token with which an account is followed.
    package func token(of account: AccountID) -> String? {
        state.withLock { $0.listeners[account]?.token.reveal() }
    }

    /// Whoever listens to an account now.
    package func listener(of account: AccountID) -> OrderStreamListener? {
        state.withLock { $0.listeners[account]?.listener }
    }

    package func follow(_ session: BrokerSession, _ listener: OrderStreamListener) async {
        guard let account = session.account else { return }
        state.withLock { state in
            state.begun.append(account)
            state.listeners[account] = (session.token, listener)
        }
        // Until cancelled, as long as a test may take.
        let never = AsyncStream<Never> { _ in }
        for await _ in never {}
        state.withLock { state in
            guard state.listeners[account]?.token == session.token else { return }
            state.listeners[account] = nil
        }
    }
}
