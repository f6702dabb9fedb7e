/// One HTTP request.
package struct HTTPRequest: Sendable {
    /// The method, in capitals.
    package var method: String
    /// An `http` or `https` URL, already percent-encoded.
    package var url: String
    /// Header lines; those about length, transfer encoding and `Expect` are the client's own.
    package var headers: [(name: String, value: String)]
    /// The body; nil sends none.
    package var body: [UInt8]?
    /// The longest time to look up the name, connect, and agree on TLS.
    package var connectTimeout: Duration
    /// The longest time for everything, waiting for a free connection included.
    ///
    /// For ``HTTPClient/stream(_:)`` it is the longest silence.
    package var timeout: Duration
    /// The way out of this machine; nil leaves it to the routing table.
    package var egress: Egress?
    /// Whether it does no harm when the server gets the request twice.
    ///
    /// Where false, no byte of the request leaves a second time, whatever breaks.
    package var repeatable: Bool
    /// The request's first byte must leave before this moment, or none does.
    package var sendBefore: ContinuousClock.Instant?
    /// Asked on the client's thread whenever the first byte would leave next; a reason keeps it here.
    package var obstacle: (@Sendable () -> String?)?
    /// A longer body of the answer is given up on.
    package var maximumResponseBytes: Int

    /// A request; the time limits and what may be repeated have cautious defaults.
    package init(
        method: String,
        url: String,
        headers: [(name: String, value: String)] = [],
        body: [UInt8]? = nil,
        connectTimeout: Duration = .seconds(2),
        timeout: Duration = .seconds(10),
        egress: Egress? = nil,
        repeatable: Bool = false,
        sendBefore: ContinuousClock.Instant? = nil,
        maximumResponseBytes: Int = 8 << 20
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.connectTimeout = connectTimeout
        self.timeout = timeout
        self.egress = egress
        self.repeatable = repeatable
        self.sendBefore = sendBefore
        self.maximumResponseBytes = maximumResponseBytes
    }
}

/// The way a request leaves this machine, for brokers that know a client by its address.
package enum Egress: Sendable, Hashable {
    /// From this address of this machine.
    case address(String)
    /// Through the proxy of this URL, which may hold a user and password.
    case proxy(String)
}
