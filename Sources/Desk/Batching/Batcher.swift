import Synchronization

/// Turns single requests of many tasks into batches: whatever waits when a lane is free goes together.
///
/// Under load the batches grow by themselves and the cost of a transaction is shared; without load a
/// request goes at once. `run()` must be running; when it ends, waiting requests get `CancellationError`.
package final class Batcher<Request: Sendable, Response: Sendable>: Sendable {
    private struct Waiting {
        let request: Request
        let continuation: CheckedContinuation<Response, any Error>
    }
    private typealias Lane = CheckedContinuation<Void, Never>
    private struct State {
        var urgent: [Waiting] = []
        var waiting: [Waiting] = []
        var idleLanes: [Lane] = []
        var idleExpressLanes: [Lane] = []
        var isStopped = false

        mutating func popIdleLane(isUrgent: Bool) -> Lane? {
            (isUrgent ? idleExpressLanes.popLast() : nil) ?? idleLanes.popLast()
        }
    }

    private let limit: Int
    private let lanes: Int
    private let expressLanes: Int
    private let executor: (any TaskExecutor)?
    private let perform: @Sendable ([Request]) async throws -> [Response]
    private let state = Mutex(State())

    /// Batches of at most `limit` requests, at most `lanes` of them at once, and so many more of urgent
    /// requests only: those need not wait for the end of a large batch, nor travel in one.
    ///
    /// `perform` answers in the order of its requests; where it throws, all of the batch get the error.
    /// It runs on `executor` where one is given.
    package init(
        limit: Int,
        lanes: Int,
        expressLanes: Int = 0,
        executor: (any TaskExecutor)? = nil,
        perform: @escaping @Sendable ([Request]) async throws -> [Response]
    ) {
        precondition(limit > 0 && lanes > 0, "a batcher needs room")
        self.limit = limit
        self.lanes = lanes
        self.expressLanes = expressLanes
        self.executor = executor
        self.perform = perform
    }

    /// The answer to one request; urgent ones go before those that are not, as half of a batch.
    package func callAsFunction(_ request: Request, isUrgent: Bool = false) async throws -> Response
    {
        try await withCheckedThrowingContinuation { continuation in
            let (isTaken, lane) = state.withLock { state in
                guard !state.isStopped else { return (false, nil as Lane?) }
                let waiting = Waiting(request: request, continuation: continuation)
                if isUrgent { state.urgent.append(waiting) } else { state.waiting.append(waiting) }
                return (true, state.popIdleLane(isUrgent: isUrgent))
            }
            lane?.resume()
            if !isTaken { continuation.resume(throwing: CancellationError()) }
        }
    }

    /// How many requests wait for a batch.
    package var waitingCount: Int { state.withLock { $0.urgent.count + $0.waiting.count } }

    /// Works until its task is cancelled; batches that have begun are finished.
    package func run() async {
        await withTaskCancellationHandler {
            await withDiscardingTaskGroup { group in
                for _ in 0..<lanes { group.addTask { await self.work(isExpress: false) } }
                for _ in 0..<expressLanes {
                    group.addTask(priority: .high) { await self.work(isExpress: true) }
                }
            }
        } onCancel: {
            let idle = state.withLock { state in
                state.isStopped = true
                defer { (state.idleLanes, state.idleExpressLanes) = ([], []) }
                return state.idleLanes + state.idleExpressLanes
            }
            for lane in idle { lane.resume() }
        }
        abandon()
    }

    private func work(isExpress: Bool) async {
        while let batch = await nextBatch(isExpress) {
            do {
                // Work that was taken up is finished: a cancelled lane must not leave it half done.
                // Such a task inherits no executor.
                let answers = try await Task(executorPreference: executor) { [perform] in
                    try await perform(batch.map(\.request))
                }.value
                precondition(answers.count == batch.count, "a batch must answer each request")
                for (waiting, answer) in zip(batch, answers) {
                    waiting.continuation.resume(returning: answer)
                }
            } catch {
                for waiting in batch { waiting.continuation.resume(throwing: error) }
            }
        }
    }

    private func nextBatch(_ isExpress: Bool) async -> [Waiting]? {
        while true {
            let (batch, isStopped) = state.withLock { state -> ([Waiting], Bool) in
                // What still waits is not begun any more: `abandon` tells its callers.
                guard !state.isStopped else { return ([], true) }
                // Half of a batch at most, where others wait: they must come to their turn too.
                let isShared = !isExpress && !state.waiting.isEmpty
                let urgent = state.urgent.prefix(isShared ? (limit + 1) / 2 : limit)
                let usual = state.waiting.prefix(isExpress ? 0 : limit - urgent.count)
                let batch = Array(urgent + usual)
                state.urgent.removeFirst(urgent.count)
                state.waiting.removeFirst(usual.count)
                return (batch, false)
            }
            if !batch.isEmpty { return batch }
            if isStopped { return nil }
            await withCheckedContinuation { continuation in
                let resumeNow = state.withLock { state in
                    guard state.urgent.isEmpty, isExpress || state.waiting.isEmpty,
                        !state.isStopped
                    else { return true }
                    if isExpress {
                        state.idleExpressLanes.append(continuation)
                    } else {
                        state.idleLanes.append(continuation)
                    }
                    return false
                }
                if resumeNow { continuation.resume() }
            }
        }
    }

    private func abandon() {
        let waiting = state.withLock { state in
            state.isStopped = true
            defer { (state.urgent, state.waiting) = ([], []) }
            return state.urgent + state.waiting
        }
        for one in waiting { one.continuation.resume(throwing: CancellationError()) }
    }
}
