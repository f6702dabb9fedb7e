import Desk
import Synchronization
import Trading

/// Counts calls in this process alone, to a part of each limit, since others may count too.
final class LocalPacer: Sendable {
    private struct Window: Hashable {
        let account: AccountID
        let seconds: Int
        let start: Int64
    }
    private struct State {
        var used: [Window: Int] = [:]
        var paused: [AccountID: ContinuousClock.Instant] = [:]
    }

    private let part: Int
    private let origin = ContinuousClock.now
    private let state = Mutex(State())

    init(part: Int) { self.part = part }

    func take(_ requests: [PaceRequest]) -> [PaceAnswer] {
        let now = ContinuousClock.now
        let seconds = origin.duration(to: now).components.seconds
        return state.withLock { state in
            if state.used.count > 100_000 {
                state.used = state.used.filter { $0.key.start + Int64($0.key.seconds) > seconds }
            }
            return requests.map { Self.take($0, part, now, seconds, &state) }
        }
    }

    func pause(_ account: AccountID, for duration: Duration) {
        let end = ContinuousClock.now.advanced(by: duration)
        state.withLock { $0.paused[account] = end }
    }

    private static func take(
        _ request: PaceRequest,
        _ part: Int,
        _ now: ContinuousClock.Instant,
        _ seconds: Int64,
        _ state: inout State
    ) -> PaceAnswer {
        if let end = state.paused[request.account] {
            if end > now { return .after(now.duration(to: end)) }
            state.paused[request.account] = nil
        }
        var windows: [Window] = []
        for limit in request.limits {
            let start = seconds - seconds % Int64(limit.seconds)
            let window = Window(account: request.account, seconds: limit.seconds, start: start)
            guard state.used[window, default: 0] < max(1, limit.calls / part) else {
                return .after(.seconds(start + Int64(limit.seconds) - seconds))
            }
            windows.append(window)
        }
        for window in windows { state.used[window, default: 0] += 1 }
        return .now
    }
}
