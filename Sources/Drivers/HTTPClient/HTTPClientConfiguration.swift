/// Limits and trust of an ``HTTPClient``.
package struct HTTPClientConfiguration: Sendable {
    /// The most requests under way at once.
    package var maximumConnections: Int
    /// The most of them to one host and port.
    package var perHost: Int
    /// The most that wait for their turn; one more is refused as not sent.
    package var queueLimit: Int
    /// A connection unused for longer is not used again, as the server may be closing it.
    package var idleTimeout: Duration
    /// What the client calls itself.
    package var userAgent: String
    /// Whom to trust, a file of PEM certificates; nil: whom the system trusts.
    package var caFile: String?
    /// Whether servers must prove who they are; false only against a sandbox.
    package var verifyTLS: Bool

    /// Limits that suit one worker process.
    package init(
        maximumConnections: Int = 512,
        perHost: Int = 256,
        queueLimit: Int = 10_000,
        idleTimeout: Duration = .seconds(20),
        userAgent: String = "volley",
        caFile: String? = nil,
        verifyTLS: Bool = true
    ) {
        precondition(maximumConnections > 0 && perHost > 0 && queueLimit >= 0)
        self.maximumConnections = maximumConnections
        self.perHost = perHost
        self.queueLimit = queueLimit
        self.idleTimeout = idleTimeout
        self.userAgent = userAgent
        self.caFile = caFile
        self.verifyTLS = verifyTLS
    }
}
