/// Limits and times of a connection.
package struct WebSocketOptions: Sendable {
    /// A larger message closes the connection with 1009.
    package var maximumMessageBytes = 4 << 20
    /// What waits to be sent or read beyond this makes `send` wait, or the socket is not read.
    package var maximumBufferedBytes = 1 << 20
    /// A peer silent for so long is pinged; whole seconds.
    package var pingAfter: Duration = .seconds(15)
    /// A peer silent for so long is lost; whole seconds, more than `pingAfter`.
    package var lostAfter: Duration = .seconds(30)
    /// From the first packet to the finished handshake; no step of it may take more than 10 s.
    package var connectTimeout: Duration = .seconds(10)
    /// PEM file of the authorities that may vouch for a `wss` server.
    package var certificateAuthorities = "/etc/ssl/certs/ca-certificates.crt"

    package init() {}
}
