import Exchange

/// What a broker knows of a client beside funds and orders.
struct ClientState: Sendable {
    let face: any BrokerFace.Type
    let client: String
    var token: String
    var tokenExpiresAt: Moment?
    /// Whether the client made the token on the broker's web page, and no program did.
    var isTokenOfWeb = true
    /// What a login by PIN must name; nil: any of the right form.
    var pin: String?
    /// When a login by PIN last made a token.
    var lastPINLogin: Moment?
    var postback: PostbackAddress?
    /// Whether order calls must come from one of the addresses below.
    var checksAddress = false
    var primaryAddress: String?
    var secondaryAddress: String?
    var addressChangedAt: [String: Moment] = [:]
    var isKilled = false
    /// Segments whose trading the client has stopped, and when.
    var stoppedSegments: [String: Moment] = [:]
    var profitExit: ProfitExitRule?
    /// Whether shares can be sold only after the client has authorised it, and how many it has.
    var checksAuthorisation = false
    var authorised: [Int: Int64] = [:]
    var consentsToday = 0
    var consentDay: Int64 = 0
    var orderWindows: RateWindows
    var quoteWindows: RateWindows
    var otherWindows: RateWindows

    init(face: any BrokerFace.Type, client: String, token: String) {
        self.face = face
        let limits = face.limits
        orderWindows = limits.orders
        quoteWindows = limits.quotes
        otherWindows = limits.others
        self.client = client
        self.token = token
    }

    func hasValid(_ token: String, at now: Moment) -> Bool {
        token == self.token && (tokenExpiresAt.map { now < $0 } ?? true)
    }

    /// All calls so far count no more.
    mutating func forgetCalls() {
        let limits = face.limits
        orderWindows = limits.orders
        quoteWindows = limits.quotes
        otherWindows = limits.others
    }

    func mayOrder(from address: String) -> Bool {
        !checksAddress || address == primaryAddress || address == secondaryAddress
    }
}
