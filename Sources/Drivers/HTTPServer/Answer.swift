import CMicroHTTPD
import Telemetry

/// Turns an answer into the library's, on the I/O thread.
enum Answer {
    static func queue(
        _ response: HTTPServerResponse,
        _ writer: HTTPBodyWriter?,
        on connection: OpaquePointer,
        with always: [(name: String, value: String)],
        closing: Bool,
        logger: Logger
    ) -> MHD_Result {
        if case .resetConnection = response.body {
            cmicrohttpd_reset(cmicrohttpd_socket(connection))
            return .NO
        }
        guard let made = make(response.body, writer, on: connection) else { return .NO }
        // The queue keeps a reference of its own.
        defer { MHD_destroy_response(made) }
        for (name, value) in response.headers where !isOurs(name) {
            // Refused by the library are only names and values that would break the framing, such
            // as a line end smuggled into a value. An answer without its header would be a guess.
            guard MHD_add_response_header(made, name, value) == .YES else {
                logger.debug("closed a connection: unusable header", [LogField("header", name)])
                return .NO
            }
        }
        for (name, value) in always where response.header(name) == nil {
            MHD_add_response_header(made, name, value)
        }
        if closing, response.header("connection") == nil {
            MHD_add_response_header(made, "Connection", "close")
        }
        return MHD_queue_response(connection, UInt32(clamping: response.status), made)
    }

    private static func isOurs(_ name: String) -> Bool {
        guard name.utf8.count == 14 || name.utf8.count == 17 else { return false }
        let lower = name.lowercased()
        return lower == "content-length" || lower == "transfer-encoding"
    }

    private static func make(
        _ body: HTTPBody,
        _ writer: HTTPBodyWriter?,
        on connection: OpaquePointer
    ) -> OpaquePointer? {
        switch body {
        case .bytes(let bytes):
            bytes.withUnsafeBytes { bytes in
                MHD_create_response_from_buffer(
                    bytes.count,
                    UnsafeMutableRawPointer(mutating: bytes.baseAddress),
                    .RESPMEM_MUST_COPY
                )
            }
        case .stream:
            writer.map(streamed) ?? headOfStream(ConnectionHandle(connection, nil))
        case .truncated(let bytes, let claimedLength):
            truncated(Remainder(bytes, socket: cmicrohttpd_socket(connection)), claimedLength)
        case .dropConnection, .resetConnection: nil
        }
    }

    /// The answer to `HEAD`, where nobody writes.
    ///
    /// Without chunks, because 0.9.75 sends the last chunk of a body also to `HEAD`.
    private static func headOfStream(_ connection: ConnectionHandle) -> OpaquePointer? {
        let made = streamed(HTTPBodyWriter(connection: connection))
        made.map(cmicrohttpd_without_chunks)
        return made
    }

    private static func streamed(_ writer: HTTPBodyWriter) -> OpaquePointer? {
        // Released by the free callback, when the library drops the response; by us where it
        // made none.
        let context = Unmanaged.passRetained(writer)
        let made = MHD_create_response_from_callback(
            cmicrohttpd_size_unknown,
            16 << 10,
            { context, _, target, capacity in
                guard let context, let target else { return cmicrohttpd_end_with_error }
                return Unmanaged<HTTPBodyWriter>.fromOpaque(context).takeUnretainedValue()
                    .read(into: UnsafeMutableRawBufferPointer(start: target, count: capacity))
            },
            context.toOpaque(),
            { context in
                guard let context else { return }
                Unmanaged<HTTPBodyWriter>.fromOpaque(context).release()
            }
        )
        if made == nil { context.release() }
        return made
    }

    private static func truncated(_ rest: Remainder, _ claimedLength: Int) -> OpaquePointer? {
        // Released as in `streamed`.
        let context = Unmanaged.passRetained(rest)
        let made = MHD_create_response_from_callback(
            UInt64(max(claimedLength, rest.count + 1)),
            16 << 10,
            { context, _, target, capacity in
                guard let context, let target else { return cmicrohttpd_end_with_error }
                return Unmanaged<Remainder>.fromOpaque(context).takeUnretainedValue()
                    .read(into: UnsafeMutableRawBufferPointer(start: target, count: capacity))
            },
            context.toOpaque(),
            { context in
                guard let context else { return }
                Unmanaged<Remainder>.fromOpaque(context).release()
            }
        )
        if made == nil { context.release() }
        return made
    }
}

/// The bytes of an answer that breaks off; used on one I/O thread only.
private final class Remainder {
    private var bytes: ArraySlice<UInt8>
    private let socket: CInt

    init(_ bytes: [UInt8], socket: CInt) {
        self.bytes = bytes[...]
        self.socket = socket
    }

    var count: Int { bytes.count }

    func read(into target: UnsafeMutableRawBufferPointer) -> Int {
        guard !bytes.isEmpty else {
            cmicrohttpd_reset_on_close(socket)
            return cmicrohttpd_end_with_error
        }
        let piece = bytes.prefix(target.count)
        target.copyBytes(from: piece)
        bytes = bytes.dropFirst(piece.count)
        return piece.count
    }
}
