import ChildProcesses
package import Foundation
import Glibc
import ServerTesting
import Testing

/// The programs under test, as they were built beside the tests.
package enum Programs {
    /// The checkout.
    package static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    package static func path(_ name: String) -> URL {
        let folder =
            ProcessInfo.processInfo.environment["VOLLEY_TEST_PROGRAMS"]
            .map { URL(fileURLWithPath: $0) }
            ?? root.appendingPathComponent(".build/debug")
        return folder.appendingPathComponent(name)
    }

    /// Runs a program to its end.
    package static func run(
        _ name: String,
        _ arguments: [String],
        _ environment: [String: String],
        input: String
    ) async throws -> (status: Int32, output: String) {
        // Files and not pipes: nobody has to read them while the program runs.
        let folder = FileManager.default.temporaryDirectory
        let output = folder.appendingPathComponent("volley-out-\(TestNames.unique())")
        let stdin = folder.appendingPathComponent("volley-in-\(TestNames.unique())")
        try Data(input.utf8).write(to: stdin)
        defer {
            try? FileManager.default.removeItem(at: output)
            try? FileManager.default.removeItem(at: stdin)
        }
        let process = try ChildProcess(
            name,
            path(name).path,
            arguments,
            environment: environment,
            input: stdin.path,
            output: output.path,
            errors: arguments.contains("--json") ? "/dev/null" : nil
        )
        let status = try await process.exitStatus()
        return (status, try String(contentsOf: output, encoding: .utf8))
    }
}

/// A role of Volley as a process of its own, writing to a log.
package final class RoleProcess: Sendable {
    private let process: ChildProcess
    private let log: URL

    package init(_ role: String, environment: [String: String], log: URL) throws {
        self.log = log
        _ = FileManager.default.createFile(atPath: log.path, contents: nil)
        process = try ChildProcess(
            role,
            Programs.path("volley").path,
            [role],
            environment: environment,
            output: "/dev/null",
            errors: log.path
        )
    }

    package var isRunning: Bool { process.isRunning }

    /// The address that an API tells in its log.
    package func listening() async throws -> String {
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
    package var isKilled: Bool { process.isKilled }

    /// Whether a signal has frozen it.
    package var isFrozen: Bool { process.isFrozen }

    /// Lets it go on after it was frozen.
    package func resume() { process.signal(SIGCONT) }

    /// Asks it to stop, and waits for its exit status.
    package func terminate() async throws -> Int32 {
        process.signal(SIGTERM)
        return try await process.exitStatus()
    }

    /// Ends it whatever its state, at once.
    package func end() { process.end() }
}
