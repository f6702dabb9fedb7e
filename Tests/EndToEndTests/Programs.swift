import Foundation
import Glibc
import ServerTesting
import Testing

/// The programs under test, as they were built beside the tests.
enum Programs {
    /// The checkout.
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static func path(_ name: String) -> URL {
        let folder =
            ProcessInfo.processInfo.environment["VOLLEY_TEST_PROGRAMS"]
            .map { URL(fileURLWithPath: $0) }
            ?? root.appendingPathComponent(".build/debug")
        return folder.appendingPathComponent(name)
    }

    /// Runs a program to its end.
    static func run(
        _ name: String,
        _ arguments: [String],
        _ environment: [String: String],
        input: String
    ) async throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = path(name)
        process.arguments = arguments
        process.environment = environment
        // Files and not pipes: nobody has to read them while the program runs.
        let folder = FileManager.default.temporaryDirectory
        let output = folder.appendingPathComponent("volley-out-\(TestNames.unique())")
        let stdin = folder.appendingPathComponent("volley-in-\(TestNames.unique())")
        try Data(input.utf8).write(to: stdin)
        _ = FileManager.default.createFile(atPath: output.path, contents: nil)
        defer {
            try? FileManager.default.removeItem(at: output)
            try? FileManager.default.removeItem(at: stdin)
        }
        process.standardInput = try FileHandle(forReadingFrom: stdin)
        let handle = try FileHandle(forWritingTo: output)
        process.standardOutput = handle
        process.standardError = arguments.contains("--json") ? FileHandle.nullDevice : handle
        try process.run()
        try await eventually { !process.isRunning }
        return (process.terminationStatus, try String(contentsOf: output, encoding: .utf8))
    }
}

/// A role of Volley as a process of its own, writing to a log.
final class RoleProcess: Sendable {
    private let process = Process()
    private let log: URL

    init(_ role: String, environment: [String: String], log: URL) throws {
        self.log = log
        _ = FileManager.default.createFile(atPath: log.path, contents: nil)
        process.executableURL = Programs.path("volley")
        process.arguments = [role]
        process.environment = environment
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = try FileHandle(forWritingTo: log)
        try process.run()
    }

    var isRunning: Bool { process.isRunning }

    /// The address that an API tells in its log.
    func listening() async throws -> String {
        var url: String?
        try await eventually {
            let text = try String(contentsOf: log, encoding: .utf8)
            let port = text.firstMatch(of: /"api is listening".*"port":"?([0-9]+)/)?.1
            url = port.map { "http://127.0.0.1:\($0)" }
            return url != nil
        }
        return try #require(url)
    }

    /// Whether SIGKILL has ended it.
    var isKilled: Bool {
        !process.isRunning && process.terminationReason == .uncaughtSignal
            && process.terminationStatus == SIGKILL
    }

    /// Whether a signal has frozen it.
    var isFrozen: Bool {
        let path = "/proc/\(process.processIdentifier)/stat"
        let stat = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
        // Behind the name, which may hold blanks: state, parent, …
        return stat[(stat.lastIndex(of: ")") ?? stat.startIndex)...].hasPrefix(") T")
    }

    /// Lets it go on after it was frozen.
    func resume() { Glibc.kill(process.processIdentifier, SIGCONT) }

    /// Asks it to stop, and waits for its exit status.
    func terminate() async throws -> Int32 {
        process.terminate()
        try await eventually { !self.process.isRunning }
        return process.terminationStatus
    }

    /// Ends it at once.
    func kill() async throws {
        Glibc.kill(process.processIdentifier, SIGKILL)
        try await eventually { !self.process.isRunning }
    }

    /// Ends it whatever its state.
    func end() async {
        guard process.isRunning else { return }
        _ = try? await kill()
    }
}
