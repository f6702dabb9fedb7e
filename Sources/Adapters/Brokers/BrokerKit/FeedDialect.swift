package import Desk
package import WebSocket

/// How one broker's market feed is spoken.
package protocol FeedDialect: Sendable {
    /// What it is spoken over: a WebSocket, or something within one.
    associatedtype Connection: FeedConnection
    /// Reads what comes over one connection; it may remember what came before.
    associatedtype Reader: FeedReader where Reader.Message == Connection.Message

    /// How long the server may say nothing at all; nil where it promises no signs of life, and a
    /// dead peer is found by the protocol's pings.
    var silence: Duration? { get }

    /// Connects, from where the account's orders leave; no error tells a secret.
    func connect(_ session: BrokerSession) async throws -> Connection

    /// What is sent to hear of these from now on.
    func subscribe(_ instruments: [FeedInstrument]) -> [Connection.Request]

    /// What is sent to hear of these no more.
    func unsubscribe(_ instruments: [FeedInstrument]) -> [Connection.Request]

    /// A reader for a new connection.
    func reader() -> Reader
}

/// One connection of a feed.
package protocol FeedConnection: Sendable {
    /// What comes over it.
    associatedtype Message: Sendable
    /// What is sent over it.
    associatedtype Request: Sendable

    /// Whether that it is open proves that the session is good; else the first message does.
    var isWelcome: Bool { get }

    /// The messages as they come, for one reader; ends when the connection is closed by either side.
    var messages: AsyncThrowingStream<Message, any Error> { get }

    /// How it was closed; nil while it is open, and where it was lost.
    var closure: WebSocketClosure? { get }

    /// Sends a request; that it returns does not mean that the other side has it.
    func send(_ request: Request) async throws

    /// Closes it.
    func end() async
}

extension WebSocketConnection: FeedConnection {
    package var isWelcome: Bool { false }
    package func end() async { await close() }
}

/// Reads one connection's messages.
package protocol FeedReader {
    /// What it reads.
    associatedtype Message

    /// Knows these instruments, and no others, from now on.
    mutating func know(_ instruments: Set<FeedInstrument>)

    /// What a message tells; of instruments that are not known nothing.
    ///
    /// - Throws: where the message makes no sense, or says that the server ends the connection.
    mutating func ticks(in message: Message) throws(BrokerFailure) -> [Tick]
}
