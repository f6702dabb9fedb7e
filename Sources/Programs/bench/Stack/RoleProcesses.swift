import ChildProcesses
import Glibc
import Synchronization

/// The processes of a run, each in a named slot in which it may be killed and started again.
///
/// Everything that it starts it can end at any moment, also from a signal's thread.
final class RoleProcesses: Sendable {
    private struct Slot {
        let program: String
        let arguments: [String]
        let environment: [String: String]
        var process: ChildProcess?
        var isDownOnPurpose = false
    }

    private struct State {
        var slots: [String: Slot] = [:]
        var commands: [ChildProcess] = []
        var unexpectedDeaths: [String] = []
        var hasEnded = false
    }

    private let place: RunPlace
    private let state = Mutex(State())

    init(_ place: RunPlace) { self.place = place }

    /// Makes a place for a process; without a program of its own it is `volley`.
    func add(
        _ name: String,
        _ arguments: [String],
        environment: [String: String],
        program: String? = nil
    ) {
        let slot = Slot(
            program: program ?? place.volley,
            arguments: arguments,
            environment: environment
        )
        state.withLock { $0.slots[name] = slot }
    }

    /// Starts the process of every slot that has none.
    func startAll() throws {
        for name in state.withLock({ $0.slots.keys.sorted() }) { try start(name) }
    }

    /// Starts a slot's process, unless it runs.
    func start(_ name: String) throws {
        try state.withLock { state in
            guard !state.hasEnded, let slot = state.slots[name], slot.process?.isRunning != true
            else { return }
            state.slots[name]?.process = try ChildProcess(
                name,
                slot.program,
                slot.arguments,
                environment: slot.environment,
                output: place.log(name)
            )
            state.slots[name]?.isDownOnPurpose = false
        }
    }

    /// Ends a slot's process at once.
    func kill(_ name: String) { takeDown(name)?.end() }

    /// Asks a slot's process to stop, and waits until it has; one that never ran is stopped.
    func stop(_ name: String) async throws {
        guard let process = takeDown(name) else { return }
        process.signal(SIGTERM)
        guard try await process.exitStatus() == 0 else {
            throw Unusable(description: "\(name) did not stop well")
        }
    }

    /// Sends a signal to a slot's process.
    func signal(_ number: CInt, to name: String) { process(name)?.signal(number) }

    /// The number of a slot's process, if it runs.
    func pid(_ name: String) -> Int32? {
        process(name).flatMap { $0.isRunning ? $0.pid : nil }
    }

    /// The slots whose processes run.
    var running: [String] {
        state.withLock { state in
            state.slots.filter { $0.value.process?.isRunning == true }.keys.sorted()
        }
    }

    /// Starts again what died though nobody killed it, and remembers that.
    func restartUnexpectedlyDead() throws {
        for name in noteDeaths() { try start(name) }
    }

    /// The names of processes that have ended of themselves.
    var unexpectedDeaths: [String] { state.withLock(\.unexpectedDeaths) }

    /// Remembers those that ended though nobody killed them since the last look.
    @discardableResult
    func noteDeaths() -> [String] {
        state.withLock { state in
            let dead = state.slots.filter { _, slot in
                !slot.isDownOnPurpose && slot.process?.isRunning == false
            }.keys.sorted()
            state.unexpectedDeaths += dead
            return dead
        }
    }

    /// Runs `volley`, or another program, to its end, its input from a file where one is named.
    ///
    /// - Returns: its exit status and what it wrote.
    func command(
        _ arguments: [String],
        environment: [String: String],
        input: String = "/dev/null",
        program: String? = nil
    ) async throws -> (status: CInt, text: String) {
        let output = place.freshOutput()
        defer { unlink(output) }
        let process = try state.withLock { state in
            guard !state.hasEnded else { throw CancellationError() }
            let process = try ChildProcess(
                "command",
                program ?? place.volley,
                arguments,
                environment: environment,
                input: input,
                output: output
            )
            state.commands.append(process)
            return process
        }
        let status = try await process.exitStatus()
        state.withLock { $0.commands.removeAll { $0 === process } }
        return (status, RunPlace.text(of: output) ?? "")
    }

    /// Ends every process that was started, now; may be called from anywhere, and more than once.
    func endAll() {
        let processes = state.withLock { state in
            state.hasEnded = true
            return state.slots.values.compactMap(\.process) + state.commands
        }
        for process in processes { process.end() }
    }

    private func process(_ name: String) -> ChildProcess? {
        state.withLock { $0.slots[name]?.process }
    }

    private func takeDown(_ name: String) -> ChildProcess? {
        state.withLock { state in
            state.slots[name]?.isDownOnPurpose = true
            return state.slots[name]?.process
        }
    }
}
