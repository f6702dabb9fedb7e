import Desk
import Synchronization
import Trading

/// Counts one worker's calls without a shared count, to its share of each limit.
///
/// Windows are those of Indian clocks, so that all workers' are the same.
/// 1. A limit of `calls` is `calls ÷ workers` for each; the shares' sum is never above it.
/// 2. Where that is less than one call, the workers take turns: each window is one worker's alone.
/// 3. A worker that does not know its place makes no call.
/// 4. A second in which the shared count was used is over for the workers' own.
final class LocalPacer: Sendable {
    private struct Window: Hashable {
        let account: AccountID
        let purpose: PaceRequest.Purpose
        let seconds: Int
        let index: Int64
    }
    private struct State {
        var used: [Window: Int] = [:]
        var paused: [AccountID: Timestamp] = [:]
        /// The last second in which the shared count answered.
        var shared = Int64.min
    }

    private static let indianOffset: Int64 = 19_800
    private let roster: (any WorkerRoster)?
    private let now: @Sendable () -> Timestamp
    private let state = Mutex(State())

    init(roster: (any WorkerRoster)?, now: @escaping @Sendable () -> Timestamp) {
        self.roster = roster
        self.now = now
    }

    func take(_ requests: [PaceRequest]) -> [PaceAnswer] {
        let now = now()
        let place = roster?.place()
        return state.withLock { state in
            if state.used.count > 100_000 {
                let seconds = Self.seconds(now)
                state.used = state.used.filter {
                    $0.key.index >= seconds / Int64($0.key.seconds)
                }
            }
            return requests.map { Self.take($0, place, now, &state) }
        }
    }

    func pause(_ account: AccountID, for duration: Duration) {
        let end = now().advanced(by: duration)
        state.withLock { $0.paused[account] = end }
    }

    /// The shared count has answered: this second's calls are counted there.
    func noteSharedCount() {
        let second = Self.seconds(now())
        state.withLock { $0.shared = second }
    }

    private static func seconds(_ time: Timestamp) -> Int64 {
        time.microseconds / 1_000_000 + indianOffset
    }

    private static func take(
        _ request: PaceRequest,
        _ place: WorkerPlace?,
        _ now: Timestamp,
        _ state: inout State
    ) -> PaceAnswer {
        if let end = state.paused[request.account] {
            if end > now { return .after(now.duration(to: end)) }
            state.paused[request.account] = nil
        }
        let seconds = seconds(now)
        guard let place, seconds > state.shared else { return .after(.seconds(1)) }
        var windows: [Window] = []
        for limit in request.limits {
            let width = Int64(limit.seconds)
            let window = Window(
                account: request.account,
                purpose: request.purpose,
                seconds: limit.seconds,
                index: seconds / width
            )
            let share = share(of: limit, in: window, place)
            guard state.used[window, default: 0] < share.calls else {
                let next = (window.index + share.windowsToNext) * width
                return .after(.seconds(next - seconds))
            }
            windows.append(window)
        }
        for window in windows { state.used[window, default: 0] += 1 }
        return .now
    }

    /// The calls of this window that are this worker's, and how many windows on it has some again.
    private static func share(of limit: RateLimit, in window: Window, _ place: WorkerPlace)
        -> (calls: Int, windowsToNext: Int64)
    {
        let share = limit.calls / place.count
        guard share == 0 else { return (share, 1) }
        // Accounts have their turns at different workers, so that all are busy.
        let count = Int64(place.count)
        let turn = (window.index + window.account.raw) % count
        let distance = (Int64(place.place) - turn + count) % count
        return distance == 0 ? (limit.calls, count) : (0, distance)
    }
}
