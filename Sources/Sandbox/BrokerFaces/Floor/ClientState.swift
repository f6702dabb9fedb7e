import Exchange

/// What a broker knows of a client beside funds and orders.
struct ClientState: Sendable {
    let face: String
    let client: String
    var token: String
    var tokenExpiresAt: Moment?
    var postback: PostbackAddress?
    /// Whether order calls must come from one of the addresses below.
    var checksAddress = false
    var primaryAddress: String?
    var secondaryAddress: String?
    var addressChangedAt: [String: Moment] = [:]
    var isKilled = false
    var consentsToday = 0
    var consentDay: Int64 = 0
    var orderWindows = RateWindows.orders
    var quoteWindows = RateWindows.quotes
    var otherWindows = RateWindows.others

    init(face: String, client: String, token: String) {
        self.face = face
        self.client = client
        self.token = token
    }

    func hasValid(_ token: String, at now: Moment) -> Bool {
        token == self.token && (tokenExpiresAt.map { now < $0 } ?? true)
    }

    func mayOrder(from address: String) -> Bool {
        !checksAddress || address == primaryAddress || address == secondaryAddress
    }
}
