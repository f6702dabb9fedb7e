import Synchronization

/// Gives callers who want the same at the same moment one answer.
final class SharedAnswers<Key: Hashable & Sendable, Answer: Sendable>: Sendable {
    private enum Turn: Sendable {
        /// Nobody asks for it: the caller does.
        case mine
        case told(Answer)
        /// Whoever asked was called off, so that the answer is worth nothing.
        case again
    }
    private typealias Waiter = CheckedContinuation<Turn, Never>

    /// Who waits, by what somebody is asking for.
    private let waiting = Mutex<[Key: [Waiter]]>([:])

    /// The answer of `ask`, or that of another caller who is asking for the same.
    func callAsFunction(_ key: Key, _ ask: () async -> Answer) async -> Answer {
        while true {
            switch await turn(key) {
            case .told(let answer): return answer
            case .again: continue
            case .mine:
                let answer = await ask()
                let turn = Task.isCancelled ? Turn.again : .told(answer)
                let others = waiting.withLock { $0.removeValue(forKey: key) ?? [] }
                for other in others { other.resume(returning: turn) }
                return answer
            }
        }
    }

    private func turn(_ key: Key) async -> Turn {
        await withCheckedContinuation { (waiter: Waiter) in
            let isFirst = waiting.withLock { waiting in
                guard waiting[key] == nil else {
                    waiting[key]?.append(waiter)
                    return false
                }
                waiting[key] = []
                return true
            }
            if isFirst { waiter.resume(returning: .mine) }
        }
    }
}
