import Synchronization

/// The turns in which the broker is asked about tokens that anybody may have sent.
///
/// 1. Only the broker tells a client's own grant from a stranger's, so nothing that came before keeps a
///    grant from being looked at: no count of failures, whosever they were.
/// 2. A token that the broker has refused is not asked about again for a while.
/// 3. So many looks go on at once. Those who wait are taken by turns of the addresses that they came
///    from, of one address the newest first; where too many wait, the oldest of the address that most came
///    from gives way. So a flood from one place costs another place one turn at the most.
final class GrantLooks: Sendable {
    /// What became of a message.
    enum Answer<Outcome: Sendable>: Sendable {
        case looked(Outcome)
        /// The broker has refused its token a moment ago.
        case knownUseless
        /// Too many came from there after it.
        case crowdedOut
    }

    fileprivate struct Waiting {
        let id: UInt64
        let address: String
        let turn: CheckedContinuation<Bool, Never>
    }

    fileprivate struct State {
        var running = 0
        var nextID: UInt64 = 0
        /// Oldest first.
        var waiting: [Waiting] = []
        /// When an address last had its turn, counted in turns.
        var lastTurn: [String: UInt64] = [:]
        var turns: UInt64 = 0
        var useless: [[UInt8]: ContinuousClock.Instant] = [:]
    }

    private static let memory: Duration = .seconds(300)
    private static let mostRemembered = 50_000
    private let mostAtOnce: Int
    private let mostWaiting: Int
    private let state = Mutex(State())

    /// So many looks at once, and so many messages that wait for one.
    init(mostAtOnce: Int = 8, mostWaiting: Int = 256) {
        self.mostAtOnce = mostAtOnce
        self.mostWaiting = mostWaiting
    }

    /// How many messages have had to wait so far.
    var queued: Int { state.withLock { Int($0.nextID) } }

    /// Looks at an account's token of this SHA-256 once it is the message's turn; `body` says what came of it, and
    /// whether the token will never be of use.
    func look<Outcome: Sendable>(
        _ token: [UInt8],
        from address: String,
        _ body: () async throws -> (Outcome, isUseless: Bool)
    ) async throws -> Answer<Outcome> {
        guard !isUseless(token) else { return .knownUseless }
        guard await turn(of: address) else { return .crowdedOut }
        defer { leave() }
        // The same one may have been looked at while this one waited.
        guard !isUseless(token) else { return .knownUseless }
        let (outcome, isUseless) = try await body()
        if isUseless { remember(token) }
        return .looked(outcome)
    }

    /// Waits for a turn; false where the message must give way.
    private func turn(of address: String) async -> Bool {
        await withCheckedContinuation { turn in
            let over = state.withLock { state -> CheckedContinuation<Bool, Never>? in
                guard state.running >= mostAtOnce else {
                    state.begin(address)
                    turn.resume(returning: true)
                    return nil
                }
                state.nextID += 1
                state.waiting.append(Waiting(id: state.nextID, address: address, turn: turn))
                return state.waiting.count > mostWaiting ? state.dropOne() : nil
            }
            over?.resume(returning: false)
        }
    }

    private func leave() {
        let next = state.withLock { state in
            state.running -= 1
            return state.takeNext()
        }
        next?.resume(returning: true)
    }

    private func isUseless(_ token: [UInt8]) -> Bool {
        state.withLock { state in
            guard let since = state.useless[token] else { return false }
            return since.duration(to: .now) < Self.memory
        }
    }

    private func remember(_ token: [UInt8]) {
        let now = ContinuousClock.now
        state.withLock { state in
            if state.useless.count >= Self.mostRemembered {
                state.useless = state.useless.filter { $0.value.duration(to: now) < Self.memory }
            }
            // A stranger with more tokens than that has them asked about again, and no more.
            if state.useless.count >= Self.mostRemembered { state.useless.removeAll() }
            state.useless[token] = now
        }
    }
}

extension GrantLooks.State {
    fileprivate mutating func begin(_ address: String) {
        running += 1
        if lastTurn.count >= 10_000 { lastTurn.removeAll() }
        turns += 1
        lastTurn[address] = turns
    }

    /// The newest message of the address whose last turn is the longest ago.
    fileprivate mutating func takeNext() -> CheckedContinuation<Bool, Never>? {
        guard
            let next = waiting.min(by: {
                (lastTurn[$0.address] ?? 0, $1.id) < (lastTurn[$1.address] ?? 0, $0.id)
            })
        else {
            // Nobody waits, so nobody is owed anything.
            if running == 0 { lastTurn.removeAll() }
            return nil
        }
        waiting.removeAll { $0.id == next.id }
        begin(next.address)
        return next.turn
    }

    /// Removes the oldest message of the address that most wait from.
    fileprivate mutating func dropOne() -> CheckedContinuation<Bool, Never>? {
        let counts = Dictionary(waiting.map { ($0.address, 1) }, uniquingKeysWith: +)
        guard let most = counts.max(by: { ($0.value, $0.key) < ($1.value, $1.key) })?.key,
            let index = waiting.firstIndex(where: { $0.address == most })
        else { return nil }
        return waiting.remove(at: index).turn
    }
}
