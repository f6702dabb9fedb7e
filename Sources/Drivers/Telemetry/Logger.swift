import Glibc
import Synchronization

/// Writes what happened, one JSON object a line.
///
/// A line begins with `at` (Indian time), `level`, `program` and `message`; the fields follow.
/// 1. Nothing secret is shown: fields with a secret's name, and values that look like one, are masked.
/// 2. Whatever the text holds, a line is one line, and valid JSON.
/// 3. A message below the level costs one comparison: its text and fields are not even made.
package final class Logger: Sendable {
    private let program: String
    /// The lowest level that is written; nil: none is.
    private let level: LogLevel?
    private let sink: @Sendable ([UInt8]) -> Void
    private let now: @Sendable () -> Int64

    /// A logger that hands each line, newline included, to `sink`, on whatever thread logs.
    package convenience init(
        program: String,
        level: LogLevel,
        sink: @escaping @Sendable ([UInt8]) -> Void
    ) {
        self.init(program: program, level: level, now: Logger.unixMilliseconds, sink: sink)
    }

    /// The same with the caller's clock (milliseconds since 1970-01-01 00:00 UTC); a level of nil is silence.
    package init(
        program: String,
        level: LogLevel?,
        now: @escaping @Sendable () -> Int64,
        sink: @escaping @Sendable ([UInt8]) -> Void
    ) {
        self.program = program
        self.level = level
        self.sink = sink
        self.now = now
    }

    /// A logger to standard error; lines of several threads do not mix.
    package static func standardError(program: String, level: LogLevel) -> Logger {
        let turn = Mutex(())
        return Logger(program: program, level: level) { line in
            turn.withLock { _ in writeAll(line, to: STDERR_FILENO) }
        }
    }

    /// A logger that says nothing.
    package static let silent = Logger(program: "", level: nil, now: { 0 }, sink: { _ in })

    /// Writes a line, unless its level is below the logger's.
    package func log(
        _ level: LogLevel,
        _ message: @autoclosure () -> String,
        _ fields: @autoclosure () -> [LogField] = []
    ) {
        guard isEnabled(level) else { return }
        var line = LogLine()
        line.begin(at: now(), level: level, program: program, message: message())
        for field in fields() { line.add(field) }
        sink(line.finished())
    }

    /// Whether lines of that level are written.
    package func isEnabled(_ level: LogLevel) -> Bool {
        guard let lowest = self.level else { return false }
        return level >= lowest
    }

    /// Logs what only a developer wants to know.
    package func debug(
        _ message: @autoclosure () -> String,
        _ fields: @autoclosure () -> [LogField] = []
    ) { log(.debug, message(), fields()) }

    /// Logs the ordinary course of things.
    package func info(
        _ message: @autoclosure () -> String,
        _ fields: @autoclosure () -> [LogField] = []
    ) { log(.info, message(), fields()) }

    /// Logs what is ordinary but rare, such as a start or a stop.
    package func notice(
        _ message: @autoclosure () -> String,
        _ fields: @autoclosure () -> [LogField] = []
    ) { log(.notice, message(), fields()) }

    /// Logs what somebody should look at soon.
    package func warning(
        _ message: @autoclosure () -> String,
        _ fields: @autoclosure () -> [LogField] = []
    ) { log(.warning, message(), fields()) }

    /// Logs what somebody must look at.
    package func error(
        _ message: @autoclosure () -> String,
        _ fields: @autoclosure () -> [LogField] = []
    ) { log(.error, message(), fields()) }

    private static func unixMilliseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }

    private static func writeAll(_ line: [UInt8], to descriptor: CInt) {
        line.withUnsafeBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let written = write(
                    descriptor,
                    UnsafeRawBufferPointer(rebasing: rest).baseAddress,
                    rest.count
                )
                if written < 0 && errno == EINTR { continue }
                // A log that cannot be written has nobody left to tell.
                guard written > 0 else { return }
                rest = rest.dropFirst(written)
            }
        }
    }
}
