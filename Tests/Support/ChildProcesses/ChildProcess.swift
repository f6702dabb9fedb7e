import Glibc
import Synchronization

/// Another program, started by this one, which knows how to end it whatever its state.
///
/// Not Foundation's `Process`: its `run` was seen to crash within `memcpy`, once in some hundred runs
/// of the end-to-end tests (Swift 6.3.1 on Linux).
package final class ChildProcess: Sendable {
    /// The program could not be started.
    package struct NotStarted: Error, CustomStringConvertible {
        let program: String
        let code: CInt
        package var description: String {
            "\(program) cannot be started: \(String(cString: strerror(code)))"
        }
    }

    package let name: String
    /// Its number while it runs.
    package let pid: Int32
    private let status = Mutex<CInt?>(nil)

    /// Starts it in a process group of its own, its input from a file, its output appended to one.
    ///
    /// What it complains of goes to the output too, unless `errors` names another file. It inherits no
    /// open file.
    package init(
        _ name: String,
        _ program: String,
        _ arguments: [String],
        environment: [String: String],
        input: String = "/dev/null",
        output: String,
        errors: String? = nil
    ) throws {
        self.name = name
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        if let errors {
            posix_spawn_file_actions_addopen(
                &actions,
                2,
                errors,
                O_WRONLY | O_CREAT | O_APPEND,
                0o600
            )
        } else {
            posix_spawn_file_actions_adddup2(&actions, 1, 2)
        }
        for file in Self.openFiles() { posix_spawn_file_actions_addclose(&actions, file) }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var defaults = sigset_t()
        sigemptyset(&defaults)
        for signal in [SIGPIPE, SIGINT, SIGTERM] { sigaddset(&defaults, signal) }
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        // Ctrl-C in the terminal is for this program, which then ends its children.
        posix_spawnattr_setflags(
            &attributes,
            Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF)
        )
        let words = ([program] + arguments).map { strdup($0) }
        let variables = environment.map { strdup("\($0.key)=\($0.value)") }
        defer { for text in words + variables { free(text) } }
        var pid: pid_t = 0
        let code = posix_spawn(
            &pid,
            program,
            &actions,
            &attributes,
            words + [nil],
            variables + [nil]
        )
        guard code == 0 else { throw NotStarted(program: program, code: code) }
        self.pid = pid
    }

    /// What this process has open beside its three standard files; one closed meanwhile is no matter.
    private static func openFiles() -> [CInt] {
        guard let directory = opendir("/proc/self/fd") else { return [] }
        defer { closedir(directory) }
        var files: [CInt] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if let file = CInt(name), file > 2 { files.append(file) }
        }
        return files
    }

    /// What `wait` said of its end; nil while it lives.
    private var ending: CInt? {
        status.withLock { status in
            if status == nil {
                var found: CInt = 0
                if waitpid(pid, &found, WNOHANG) == pid { status = found }
            }
            return status
        }
    }

    package var isRunning: Bool { ending == nil }

    /// Whether SIGKILL has ended it.
    package var isKilled: Bool { ending.map { $0 & 0x7F == SIGKILL } ?? false }

    /// Whether a signal has frozen it.
    package var isFrozen: Bool {
        guard isRunning, let file = fopen("/proc/\(pid)/stat", "r") else { return false }
        defer { fclose(file) }
        var text = [CChar](repeating: 0, count: 512)
        guard fgets(&text, CInt(text.count), file) != nil else { return false }
        let stat = String(
            decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)),
            as: UTF8.self
        )
        // Behind the name, which may hold blanks: state, parent, …
        return stat[(stat.lastIndex(of: ")") ?? stat.startIndex)...].hasPrefix(") T")
    }

    /// Sends a signal, unless it has ended: its number may be another's by then.
    package func signal(_ number: CInt) {
        status.withLock { status in
            if status == nil { _ = kill(pid, number) }
        }
    }

    /// Ends it at once, and waits until it is gone.
    package func end() {
        guard isRunning else { return }
        signal(SIGKILL)
        while isRunning { usleep(5_000) }
    }

    /// Waits for its end; the exit status, or 128 and the signal's number.
    package func exitStatus() async throws -> CInt {
        while true {
            if let ending { return ending & 0x7F == 0 ? (ending >> 8) & 0xFF : 128 + ending & 0x7F }
            try await Task.sleep(for: .milliseconds(20))
        }
    }
}
