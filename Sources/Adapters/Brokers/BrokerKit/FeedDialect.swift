package import Desk
package import WebSocket

/// How one broker's market feed is spoken.
package protocol FeedDialect: Sendable {
    /// Reads what comes over one connection; it may remember what came before.
    associatedtype Reader: FeedReader

    /// How long the server may say nothing at all; nil where it promises no signs of life, and a
    /// dead peer is found by the protocol's pings.
    var silence: Duration? { get }

    /// Where to connect, and with which headers; a secret may stand in both.
    func address(of session: BrokerSession) async throws(BrokerFailure)
        -> (url: String, headers: [(String, String)])

    /// What is sent to hear of these from now on.
    func subscribe(_ instruments: [FeedInstrument]) -> [WebSocketMessage]

    /// What is sent to hear of these no more.
    func unsubscribe(_ instruments: [FeedInstrument]) -> [WebSocketMessage]

    /// A reader for a new connection.
    func reader() -> Reader
}

/// Reads one connection's messages.
package protocol FeedReader {
    /// Knows these instruments, and no others, from now on.
    mutating func know(_ instruments: Set<FeedInstrument>)

    /// What a message tells; of instruments that are not known nothing.
    ///
    /// - Throws: where the message makes no sense, or says that the server ends the connection.
    mutating func ticks(in message: WebSocketMessage) throws(BrokerFailure) -> [Tick]
}
