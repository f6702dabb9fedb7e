import CMicroHTTPD
import Synchronization

/// One request and its answer: received on the I/O thread, answered by a task, sent by the thread.
///
/// 1. While the handler waits or runs on another thread, the connection is suspended: the library
///    neither calls back for it nor frees it.
/// 2. Suspending and resuming happen under this object's lock, together with the phase, and only
///    what is suspended is resumed.
/// 3. A handler that begins on the I/O thread and answers before it first waits needs neither.
/// 4. Whatever happens, the library reports the request completed exactly once, after the resume.
final class Exchange: Sendable {
    enum Phase {
        case receiving
        /// The handler's task is at work.
        case running
        /// Not suspended any more; the I/O thread will ask for the answer.
        case answered(HTTPServerResponse, HTTPBodyWriter?)
        case sending
    }
    /// What the I/O thread must do after a piece of the request.
    enum Step { case goOn, answer, close }

    private struct State {
        var phase = Phase.receiving
        var isSuspended = false
        var request: HTTPServerRequest
        var intake: Intake
        var task: Task<Void, Never>?
        var writer: HTTPBodyWriter?
        var taskHasEnded = false
        var isCompleted = false
        /// The task is to be cancelled, also where it is not known yet.
        var isGivenUp = false
    }

    let engine: Engine
    private let connection: ConnectionHandle
    private let state: Mutex<State>

    init(connection: ConnectionHandle, engine: Engine, head: HTTPServerRequest, intake: Intake) {
        self.connection = connection
        self.engine = engine
        state = Mutex(State(request: head, intake: intake))
        engine.exchanges.born()
    }

    deinit { engine.exchanges.died() }

    // MARK: On the I/O thread

    /// The head has come; the body, if any, follows.
    func begin() -> Step {
        state.withLock { $0.intake.answersBeforeBody } ? launch() : .goOn
    }

    func receive(_ bytes: UnsafeRawBufferPointer) -> Step {
        state.withLock { state in
            state.intake.take(bytes, into: &state.request.body) ? .goOn : .close
        }
    }

    /// Nothing more will come: starts the handler, or says that its answer is there.
    func advance() -> Step {
        let step: Step? = state.withLock { state in
            switch state.phase {
            case .receiving: nil
            case .answered: .answer
            case .running, .sending: .close
            }
        }
        return step ?? launch()
    }

    /// The answer, handed out once.
    func takeAnswer() -> (HTTPServerResponse, HTTPBodyWriter?)? {
        state.withLock { state in
            guard case .answered(let response, let writer) = state.phase else { return nil }
            state.phase = .sending
            return (response, writer)
        }
    }

    /// The library has finished with the request, well or badly.
    func completed() {
        let (task, writer) = state.withLock { state in
            state.isCompleted = true
            return (state.task, state.writer)
        }
        writer?.peerLeft()
        task?.cancel()
        leaveIfDone()
    }

    /// Starts the handler: as a task elsewhere, or here and elsewhere from its first wait on.
    ///
    /// The one unstructured task: it begins in a callback of a C library, which has no parent
    /// task. `Exchanges` counts it, cancels it and waits for it when the server stops.
    private func launch() -> Step {
        let work: (HTTPServerRequest, Intake.Destination)? = state.withLock { state in
            // Under the lock, so that whoever closes the exchanges then finds this one running.
            guard engine.exchanges.enter(self) else { return nil }
            state.phase = .running
            let (request, destination) = (state.request, state.intake.destination)
            state.request.body = []
            if !destination.startsAtOnce {
                // Before the task exists, so that no resume can come too early.
                suspend(&state)
                state.task = Task { await self.run(request, destination) }
            }
            return (request, destination)
        }
        guard let (request, destination) = work else { return .close }
        return destination.startsAtOnce ? launchHere(request, destination) : .goOn
    }

    private func launchHere(
        _ request: HTTPServerRequest,
        _ destination: Intake.Destination
    ) -> Step {
        let task = Task.immediate { await self.run(request, destination) }
        let (step, isGivenUp) = state.withLock { state -> (Step, Bool) in
            state.task = task
            if case .answered = state.phase { return (.answer, state.isGivenUp) }
            suspend(&state)
            return (.goOn, state.isGivenUp)
        }
        if isGivenUp { task.cancel() }
        return step
    }

    private func suspend(_ state: inout State) {
        state.isSuspended = true
        connection.suspend()
    }

    // MARK: In the task

    private func run(_ request: HTTPServerRequest, _ destination: Intake.Destination) async {
        let start = ContinuousClock.now
        let response: HTTPServerResponse
        switch destination {
        case .route(let route):
            response = await route.handler(request)
            engine.meter?.count(route.pattern, response.status, since: start)
        case .refusal(let refusal):
            response = engine.refuse(request, refusal)
            engine.meter?.count("none", response.status, since: start)
        }
        if case .stream(let body) = response.body, request.method != "HEAD" {
            await stream(response, body)
        } else {
            answer(response, writer: nil)
        }
        state.withLock { $0.taskHasEnded = true }
        leaveIfDone()
    }

    private func stream(
        _ response: HTTPServerResponse,
        _ body: @Sendable (HTTPBodyWriter) async throws -> Void
    ) async {
        let writer = HTTPBodyWriter(connection: connection)
        guard answer(response, writer: writer) else { return }
        if engine.exchanges.isDraining { writer.finish(failed: false) }
        do {
            try await body(writer)
            writer.finish(failed: false)
        } catch {
            writer.finish(failed: true)
        }
    }

    /// False where the server gave up waiting for this answer.
    @discardableResult
    private func answer(_ response: HTTPServerResponse, writer: HTTPBodyWriter?) -> Bool {
        state.withLock { state in
            guard case .running = state.phase else { return false }
            state.writer = writer
            state.phase = .answered(response, writer)
            resume(&state)
            return true
        }
    }

    private func resume(_ state: inout State) {
        guard state.isSuspended else { return }
        state.isSuspended = false
        connection.resume()
    }

    // MARK: When the server stops

    /// Ends a stream after what is in its buffer; a handler that has not answered goes on.
    func endStream() {
        let (task, writer) = state.withLock { state in
            if state.writer != nil { state.isGivenUp = true }
            return (state.task, state.writer)
        }
        guard let writer else { return }
        writer.finish(failed: false)
        task?.cancel()
    }

    /// Gives up: the connection will be closed, and what the handler answers is ignored.
    func abandon() {
        let (task, writer) = state.withLock { state in
            state.isGivenUp = true
            if case .running = state.phase {
                state.phase = .answered(.init(status: 503, body: .dropConnection), nil)
                resume(&state)
            }
            return (state.task, state.writer)
        }
        writer?.peerLeft()
        task?.cancel()
    }

    private func leaveIfDone() {
        if state.withLock({ $0.taskHasEnded && $0.isCompleted }) { engine.exchanges.leave(self) }
    }
}
