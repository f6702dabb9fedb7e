import Synchronization

/// Where the consumer's thread puts deliveries, and callers take them.
///
/// Holds no more than the prefetch, since the server sends no more.
final class DeliveryShelf: Sendable {
    private struct Waiter {
        let id: Int
        let limit: Int
        let answer: CheckedContinuation<[RabbitDelivery], any Error>
    }
    private struct State {
        var deliveries: [RabbitDelivery] = []
        var waiters: [Waiter] = []
        var nextID = 0
        /// Waiters that were cancelled before they got here.
        var cancelled: Set<Int> = []
        var isStopped = false
    }
    private let state = Mutex(State())

    /// Takes what is there, or waits for it; empty once stopped.
    func take(atMost limit: Int) async throws -> [RabbitDelivery] {
        precondition(limit > 0, "takes at least one")
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        defer { state.withLock { _ = $0.cancelled.remove(id) } }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { answer in
                let result = state.withLock { state in
                    Self.take(Waiter(id: id, limit: limit, answer: answer), from: &state)
                }
                if let result { answer.resume(with: result) }
            }
        } onCancel: {
            cancel(id)
        }
    }

    /// Offers new deliveries to those who wait, in the order they came.
    func put(_ new: [RabbitDelivery]) {
        let served = state.withLock { state in
            state.deliveries += new
            return state.isStopped ? [] : Self.serve(&state)
        }
        for (waiter, deliveries) in served { waiter.answer.resume(returning: deliveries) }
    }

    /// Forgets what nobody took: its channel is gone, it will come again.
    func clear() {
        state.withLock { $0.deliveries = [] }
    }

    /// Tells those who wait now that an attempt failed which only somebody's help can mend.
    ///
    /// Who comes later waits for the next attempt, so that a caller's loop cannot spin.
    func fail(_ error: RabbitError) {
        let waiters = state.withLock { state in
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.answer.resume(throwing: error) }
    }

    /// Hands out no more.
    func stop() {
        let waiters = state.withLock { state in
            state.isStopped = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.answer.resume(returning: []) }
    }

    /// What is left after a stop.
    func takeRest() -> [RabbitDelivery] {
        state.withLock { state in
            defer { state.deliveries = [] }
            return state.deliveries
        }
    }

    private func cancel(_ id: Int) {
        let waiter: Waiter? = state.withLock { state in
            guard let index = state.waiters.firstIndex(where: { $0.id == id }) else {
                state.cancelled.insert(id)
                return nil
            }
            return state.waiters.remove(at: index)
        }
        waiter?.answer.resume(throwing: CancellationError())
    }

    /// nil: the waiter was queued.
    private static func take(
        _ waiter: Waiter,
        from state: inout State
    ) -> Result<[RabbitDelivery], any Error>? {
        if state.cancelled.remove(waiter.id) != nil { return .failure(CancellationError()) }
        if state.isStopped { return .success([]) }
        if !state.deliveries.isEmpty, state.waiters.isEmpty {
            return .success(split(&state, waiter.limit))
        }
        state.waiters.append(waiter)
        return nil
    }

    private static func serve(_ state: inout State) -> [(Waiter, [RabbitDelivery])] {
        var served: [(Waiter, [RabbitDelivery])] = []
        while !state.deliveries.isEmpty, !state.waiters.isEmpty {
            let waiter = state.waiters.removeFirst()
            served.append((waiter, split(&state, waiter.limit)))
        }
        return served
    }

    private static func split(_ state: inout State, _ limit: Int) -> [RabbitDelivery] {
        if state.deliveries.count <= limit {
            defer { state.deliveries = [] }
            return state.deliveries
        }
        defer { state.deliveries.removeFirst(limit) }
        return Array(state.deliveries[..<limit])
    }
}
