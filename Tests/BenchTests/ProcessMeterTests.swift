import ChildProcesses
import Foundation
import Testing

@testable import bench

@Suite("Accounts of processes", .timeLimit(.minutes(2))) struct ProcessMeterTests {
    /// Works for a while in a child that ends, then says so and sleeps.
    private static let shell = """
        sh -c 'i=0; while [ $i -lt 1000000 ]; do i=$((i+1)); done'; echo done; sleep 60
        """

    @Test("The time of a child that has ended is counted with its parent")
    func endedChildren() async throws {
        let output = FileManager.default.temporaryDirectory
            .appendingPathComponent("volley-meter-\(UInt64.random(in: 0 ... .max))").path
        defer { try? FileManager.default.removeItem(atPath: output) }
        let process = try ChildProcess(
            "shell",
            "/bin/sh",
            ["-c", Self.shell],
            environment: ["PATH": "/usr/bin:/bin"],
            output: output
        )
        defer { process.end() }
        let before = ProcessMeter.read(["shell": [process.pid], "nobody": []])
        while try String(contentsOfFile: output, encoding: .utf8) != "done\n" {
            try await Task.sleep(for: .milliseconds(20))
        }
        let after = ProcessMeter.read(["shell": [process.pid], "nobody": []])
        // The loop takes a tenth of a second and more on any machine; the shell alone next to nothing.
        #expect(after.cpuSeconds(of: "shell", since: before) >= 0.05)
        #expect(after.cpuSeconds(of: "nobody", since: before) == 0)
        #expect(after.cpuSeconds(since: before) == after.cpuSeconds(of: "shell", since: before))
        let use = try #require(after.groups["shell"])
        #expect(use.peakBytes > 100_000)
        // The child that worked is gone; the one that sleeps may have begun.
        #expect((1...2).contains(use.processes))
        #expect(after.machineSeconds > before.machineSeconds)
    }

    @Test("A process that is not there has used nothing")
    func absent() {
        let reading = ProcessMeter.read(["gone": [Int32.max]])
        #expect(reading.groups["gone"]?.processes == 0)
        #expect(reading.groups["gone"]?.cpuSeconds == 0)
    }
}
