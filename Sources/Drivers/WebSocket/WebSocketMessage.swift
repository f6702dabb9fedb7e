/// One whole message; fragments are joined before anybody sees them.
package enum WebSocketMessage: Sendable, Equatable {
    case text(String)
    case binary([UInt8])

    var byteCount: Int {
        switch self {
        case .text(let text): text.utf8.count
        case .binary(let bytes): bytes.count
        }
    }
}

/// What went wrong; none of it tells the address, which may hold a token.
package enum WebSocketError: Error, Equatable {
    case invalidURL
    /// No connection came about: nothing was sent that the peer could have understood.
    case cannotConnect(reason: String)
    /// The connection ended without a closing handshake: what was sent last may not have arrived.
    case lost(reason: String)
    /// The connection is closed, or being closed, so nothing can be sent.
    case closed
    /// The task was cancelled before the message was queued.
    case cancelled
    case cannotListen(reason: String)
}

/// How a connection was closed in good order: by either side's close frame.
package struct WebSocketClosure: Sendable, Equatable {
    /// 1000 normal, 1001 going away, 1005 none given, and so on (RFC 6455, section 7.4).
    package var code: Int
    package var reason: String

    package init(code: Int, reason: String) {
        self.code = code
        self.reason = reason
    }
}
