/// An open connection, of a client or at a server.
///
/// Closed by `close`, or when nobody holds it any more.
package final class WebSocketConnection: Sendable {
    /// At a server the decoded path of the request, at a client what was asked for.
    package let path: String
    /// At a server: the decoded query.
    package let query: [(name: String, value: String)]
    /// At a server: the request's headers, with names in lower case.
    package let headers: [(name: String, value: String)]
    /// At a server: the peer's numeric address.
    package let remoteAddress: String
    private let link: Link

    init(_ link: Link, _ handshake: Handshake) {
        self.link = link
        path = handshake.path
        query = handshake.query
        headers = handshake.headers
        remoteAddress = handshake.remoteAddress
    }

    deinit { link.beginClosing(code: 1001, reason: "") }

    /// The messages as they come, for one reader.
    ///
    /// Ends when the connection is closed by either side or the task is cancelled; throws `WebSocketError.lost` where it
    /// broke, or where the peer went silent. While nobody reads, the socket is read only until
    /// the buffer is full.
    package var messages: AsyncThrowingStream<WebSocketMessage, any Error> {
        AsyncThrowingStream { [link] in try await link.next() }
    }

    /// How the connection was closed; nil while it is open, and where it was lost.
    package var closure: WebSocketClosure? { link.closure }

    /// The first header of this name, which must be given in lower case.
    package func header(_ name: String) -> String? {
        headers.first { $0.name == name }?.value
    }

    /// The first query value of this name.
    package func query(_ name: String) -> String? {
        query.first { $0.name == name }?.value
    }

    /// Queues a message, waiting while too much is queued already.
    ///
    /// Returning does not mean that the peer has it.
    package func send(_ message: WebSocketMessage) async throws(WebSocketError) {
        try await link.send(message)
    }

    /// Sends what is queued and a close frame, and waits until the connection is closed.
    ///
    /// A peer that does not answer is waited for some seconds only.
    package func close(code: Int = 1000, reason: String = "") async {
        link.beginClosing(code: code, reason: reason)
        await link.waitUntilClosed()
    }
}
