import Blocking
import Glibc

/// Runs a program and waits for it, on a thread of its own.
actor Command {
    struct Result { let status: CInt, output: String }

    private let thread = DedicatedThread(name: "command")
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    static func exists(_ path: String) -> Bool { access(path, X_OK) == 0 }

    /// What the program wrote to its standard output, and its exit status; nil if it did not start.
    func run(_ arguments: [String]) -> Result? {
        var pipe: [CInt] = [0, 0]
        guard Glibc.pipe(&pipe) == 0 else { return nil }
        for end in pipe { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, pipe[1], 1)
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        var words = arguments.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var child = pid_t()
        let code = posix_spawn(&child, arguments[0], &actions, nil, &words, environ)
        close(pipe[1])
        defer { close(pipe[0]) }
        guard code == 0 else { return nil }
        var output: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(pipe[0], &piece, piece.count)
            guard count > 0 else { break }
            output += piece[..<count]
        }
        var status: CInt = 0
        waitpid(child, &status, 0)
        return Result(status: (status >> 8) & 0xFF, output: String(decoding: output, as: UTF8.self))
    }
}
