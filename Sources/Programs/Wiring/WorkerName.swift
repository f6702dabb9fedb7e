import Glibc

/// A name by which a process can be told from others in logs and in attempts: host and pid.
enum WorkerName {
    static func make() -> String {
        var name = [CChar](repeating: 0, count: 256)
        let host = gethostname(&name, 255) == 0 ? name.prefix { $0 != 0 } : []
        return String(decoding: host.map(UInt8.init(bitPattern:)), as: UTF8.self) + ":\(getpid())"
    }
}
