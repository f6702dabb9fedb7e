package import Desk
import Glibc
import Telemetry

/// A failpoint as a test orders it by `VOLLEY_FAILPOINT`: `execute.before-send:kill@3`.
package struct ArmedFailpoint: Sendable, Equatable {
    /// What becomes of the process.
    package enum Action: String, Sendable, CaseIterable {
        /// Ends at once, as by `kill -9`.
        case kill
        /// Freezes until somebody sends SIGCONT.
        case stop

        fileprivate var signal: Int32 {
            switch self {
            case .kill: SIGKILL
            case .stop: SIGSTOP
            }
        }
    }

    package let failpoint: Failpoint
    package let action: Action
    /// Which pass it is, counted from 1.
    package let pass: Int

    /// Reads `NAME:kill` or `NAME:stop`, both perhaps with `@PASS`; nil where it is neither.
    package init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let failpoint = Failpoint(rawValue: String(parts[0])) else {
            return nil
        }
        let words = parts[1].split(separator: "@", omittingEmptySubsequences: false)
        guard words.count <= 2, let action = Action(rawValue: String(words[0])),
            let pass = words.count == 2 ? Int(words[1]) : 1, pass > 0
        else { return nil }
        self.failpoint = failpoint
        self.action = action
        self.pass = pass
    }

    /// Arms it for the rest of this process's life, and says so.
    func arm(_ logger: Logger) {
        logger.warning(
            "a failpoint is armed: this process will harm itself",
            [
                LogField("failpoint", failpoint.rawValue), LogField("action", action.rawValue),
                LogField("pass", pass),
            ]
        )
        let signal = action.signal
        // By raise, so that this very thread goes no further.
        Failpoint.arm(failpoint, atPass: pass) { raise(signal) }
    }
}

extension SettingsReader {
    mutating func failpoint(_ name: String) -> ArmedFailpoint? {
        guard let text = environment[name], !text.isEmpty else { return nil }
        guard let failpoint = ArmedFailpoint(text) else {
            problem(
                "\(name) must be NAME:kill or NAME:stop, perhaps with @PASS; names: "
                    + Failpoint.allCases.map(\.rawValue).joined(separator: ", ")
            )
            return nil
        }
        return failpoint
    }
}
