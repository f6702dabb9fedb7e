import Blocking
import Glibc
import Synchronization

/// Ends everything that a run has started, once, whoever asks first.
final class RunCleaner: Sendable {
    private let place: RunPlace
    private let processes = Mutex<[RoleProcesses]>([])
    private let isClean = Mutex(false)

    init(_ place: RunPlace) { self.place = place }

    /// Runs a body that says whether all is well, and ends what it started when it ends, or when a
    /// signal comes; where all was not well, the logs stay.
    static func guarding(_ place: RunPlace, _ body: (RunCleaner) async throws -> Bool) async throws
        -> Bool
    {
        let cleaner = RunCleaner(place)
        // Waits for a signal as long as the process lives.
        let guardian = Task.detached {
            await TerminationSignal.wait()
            cleaner.clean(keepingLogs: false)
            exit(130)
        }
        defer { guardian.cancel() }
        do {
            let isGood = try await body(cleaner)
            cleaner.clean(keepingLogs: !isGood)
            return isGood
        } catch {
            cleaner.clean(keepingLogs: true)
            throw Unusable(description: "\(error)\nlogs in \(place.logs)")
        }
    }

    /// Will end these too.
    func watch(_ started: RoleProcesses) { processes.withLock { $0.append(started) } }

    /// Who comes second waits until the first is done, and finds nothing left to do.
    private func clean(keepingLogs: Bool) {
        isClean.withLock { isClean in
            guard !isClean else { return }
            isClean = true
            for started in processes.withLock(\.self) { started.endAll() }
            place.endServers(keepingLogs: keepingLogs)
        }
    }
}
