import Blocking
import CMicroHTTPD

/// A connection of the library's, while one of its requests is being served.
///
/// Unchecked, because the pointer crosses to the handler's task. It stays valid until the library
/// reports the request completed, which it does not do while the connection is suspended; whoever
/// holds a handle elsewhere uses it only where its own state says that it suspended the connection.
struct ConnectionHandle: @unchecked Sendable {
    private let pointer: OpaquePointer
    private let daemon: Mailbox<DaemonLetter>?
    let socket: CInt

    /// - Parameters:
    ///   - pointer: the library's.
    ///   - daemon: where the server's thread hears of a resume; nil where there will be none.
    init(_ pointer: OpaquePointer, _ daemon: Mailbox<DaemonLetter>?) {
        self.pointer = pointer
        self.daemon = daemon
        socket = cmicrohttpd_socket(pointer)
    }

    /// On the server's thread only.
    func suspend() { MHD_suspend_connection(pointer) }

    /// From any thread.
    func resume() {
        MHD_resume_connection(pointer)
        daemon?.post(.resumed)
    }
}
