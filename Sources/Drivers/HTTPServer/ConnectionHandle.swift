import CMicroHTTPD

/// A connection of the library's, while one of its requests is being served.
///
/// Unchecked, because the pointer crosses to the handler's task. It stays valid until the library
/// reports the request completed, which it does not do while the connection is suspended; whoever
/// holds a handle elsewhere uses it only where its own state says that it suspended the connection.
struct ConnectionHandle: @unchecked Sendable {
    let pointer: OpaquePointer
    let socket: CInt

    init(_ pointer: OpaquePointer) {
        self.pointer = pointer
        socket = cmicrohttpd_socket(pointer)
    }
}
