import Glibc

/// What a group of processes has used since each began.
struct ProcessUse: Sendable {
    var cpuSeconds = 0.0
    /// Of the largest of them; shared memory would count twice in a sum.
    var peakBytes: Int64 = 0
    /// Of all processes together, at this moment.
    var residentBytes: Int64 = 0
    var processes = 0
}

/// A look at the processor time of groups of processes, and of the machine.
struct ProcessReading: Sendable {
    let groups: [String: ProcessUse]
    /// Of everything that ran on this machine.
    let machineSeconds: Double
    let at: ContinuousClock.Instant

    /// Seconds that a group used since an earlier look.
    func cpuSeconds(of group: String, since earlier: ProcessReading) -> Double {
        (groups[group]?.cpuSeconds ?? 0) - (earlier.groups[group]?.cpuSeconds ?? 0)
    }

    /// Seconds that all groups used since an earlier look.
    func cpuSeconds(since earlier: ProcessReading) -> Double {
        groups.keys.reduce(0) { $0 + cpuSeconds(of: $1, since: earlier) }
    }

    /// The part of the machine that was busy since an earlier look, 0 to 1.
    func busyPart(since earlier: ProcessReading) -> Double {
        part(machineSeconds - earlier.machineSeconds, since: earlier)
    }

    /// The part of the machine that strangers had since an earlier look, 0 to 1.
    func strangersPart(since earlier: ProcessReading) -> Double {
        part(machineSeconds - earlier.machineSeconds - cpuSeconds(since: earlier), since: earlier)
    }

    private func part(_ seconds: Double, since earlier: ProcessReading) -> Double {
        let cores = Double(sysconf(CInt(_SC_NPROCESSORS_ONLN)))
        let all = earlier.at.duration(to: at) / .seconds(1) * cores
        return all > 0 ? max(0, seconds / all) : 0
    }
}

/// Reads Linux's own accounts of processes and their children.
///
/// A process that has ended is in the account of the parent that waited for it: a server's
/// short-lived children are counted with it.
enum ProcessMeter {
    private static let ticks = Double(sysconf(CInt(_SC_CLK_TCK)))

    private struct Line {
        let parent: Int32
        /// Own and of children that have ended, user and system.
        let seconds: Double
    }

    /// Looks at groups of processes, each given by the numbers of those that lead it.
    static func read(_ groups: [String: [Int32]]) -> ProcessReading {
        let lines = lines()
        let children = Dictionary(grouping: lines.keys) { lines[$0]?.parent ?? 0 }
        var uses: [String: ProcessUse] = [:]
        for (name, leaders) in groups {
            var use = ProcessUse()
            var rest = leaders
            while let pid = rest.popLast() {
                guard let line = lines[pid] else { continue }
                use.cpuSeconds += line.seconds
                use.peakBytes = max(use.peakBytes, bytes("VmHWM:", pid))
                use.residentBytes += bytes("VmRSS:", pid)
                use.processes += 1
                rest += children[pid] ?? []
            }
            uses[name] = use
        }
        return ProcessReading(groups: uses, machineSeconds: machineSeconds(), at: .now)
    }

    private static func lines() -> [Int32: Line] {
        guard let directory = opendir("/proc") else { return [:] }
        defer { closedir(directory) }
        var lines: [Int32: Line] = [:]
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard let pid = Int32(name), let stat = RunPlace.text(of: "/proc/\(pid)/stat"),
                let end = stat.lastIndex(of: ")")
            else { continue }
            // Behind the name, which may hold blanks: state, parent, …; times are 12th to 15th.
            let fields = stat[stat.index(after: end)...].split(separator: " ")
            guard fields.count > 14, let parent = Int32(fields[1]) else { continue }
            let used = fields[11...14].reduce(0) { $0 + (Double($1) ?? 0) }
            lines[pid] = Line(parent: parent, seconds: used / ticks)
        }
        return lines
    }

    private static func bytes(_ name: String, _ pid: Int32) -> Int64 {
        let status = RunPlace.text(of: "/proc/\(pid)/status") ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix(name) }
        let kilobytes = line?.split(whereSeparator: \.isWhitespace).dropFirst().first
        return (kilobytes.flatMap { Int64($0) } ?? 0) << 10
    }

    /// Everything but idling and waiting for disks.
    private static func machineSeconds() -> Double {
        let line = (RunPlace.text(of: "/proc/stat") ?? "").prefix { $0 != "\n" }
        // user, nice, system, idle, iowait, irq, softirq, steal; guests are in user already.
        let times = line.split(separator: " ").dropFirst().prefix(8).map { Double($0) ?? 0 }
        guard times.count == 8 else { return 0 }
        return (times.reduce(0, +) - times[3] - times[4]) / ticks
    }

    /// The machine in words.
    static var machine: String {
        let models = (RunPlace.text(of: "/proc/cpuinfo") ?? "").split(separator: "\n")
            .filter { $0.hasPrefix("model name") }
        let model = models.first?.split(separator: ":").last ?? " unknown"
        let memory = (RunPlace.text(of: "/proc/meminfo") ?? "").split(
            whereSeparator: \.isWhitespace
        )
        let gigabytes = memory.count > 1 ? (Int64(memory[1]) ?? 0) >> 20 : 0
        let system = (RunPlace.text(of: "/proc/version") ?? "").split(separator: " ")
        return "\(models.count) ×\(model), \(gigabytes) GB, "
            + system.prefix(3).joined(separator: " ")
    }
}
