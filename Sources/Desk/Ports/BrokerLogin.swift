package import Trading

/// One broker's way from a person to a session.
///
/// A call of a login is sent once and never again, whatever comes of it, since a second one may end
/// the session that the first has made. No error carries a secret.
package protocol BrokerLogin: Sendable {
    /// How its clients log in.
    var way: LoginWay { get }

    /// The page that the client of this number must open; it comes back with `state` where the
    /// broker can carry it.
    func link(state: String, for brokerClientID: String) async throws(LoginFailure) -> String

    /// Exchanges what a login has given for a session.
    func session(from proof: LoginProof) async throws(LoginFailure) -> NewSession

    /// How its clients are asked in its own app; nil where they cannot be.
    var requests: (any LoginRequests)? { get }

    /// How its clients log in by apps of their own; nil where they cannot.
    var ownApps: (any OwnAppLogins)? { get }
}

extension BrokerLogin {
    /// They cannot, unless the adapter says otherwise.
    package var requests: (any LoginRequests)? { nil }

    /// They cannot, unless the adapter says otherwise.
    package var ownApps: (any OwnAppLogins)? { nil }
}

/// Logins of a broker whose app may be one client's own.
///
/// A link and what comes back through it belong to one app: the broker gives a session to nobody who
/// names another one, or another secret.
package protocol OwnAppLogins: Sendable {
    /// The same login by this app in the place of the one that the settings name.
    func login(by app: LoginOwnApp) -> any BrokerLogin

    /// What the client must set in the app.
    func places() throws(LoginFailure) -> LoginPlaces
}

/// Where a client's own app must lead to; nil what the broker's apps do not have.
package struct LoginPlaces: Sendable, Equatable {
    /// Where the broker sends the browser back to.
    package let redirect: String?
    /// Where it sends sessions that the client grants in the broker's own app.
    package let notifier: String?

    package init(redirect: String? = nil, notifier: String? = nil) {
        self.redirect = redirect
        self.notifier = notifier
    }
}

/// How a broker's clients log in.
package enum LoginWay: Sendable, Equatable {
    /// On a page of the broker's, which sends the browser on to us; with the state that the link
    /// had, where it `returnsState`; or, where it `takesPIN`, by PIN and a code of the authenticator.
    case page(returnsState: Bool, takesPIN: Bool = false)
    /// By a code of the client's authenticator, or by approving our key at the broker's.
    case code
}

/// What a login has given: all of it is secret, for any part may be what counts.
package enum LoginProof: Sendable {
    /// What the browser came back with, by name.
    case redirect([String: Secret])
    /// A code that is good for some seconds; with the client's own API key where there is one.
    case code(Secret, key: Secret?)
    /// The PIN with a code that is good for some seconds, of the client of this number.
    case pin(Secret, code: Secret, of: String)
    /// The client has approved the key for the day; with an own key and secret where there are some.
    case approval(key: Secret?, secret: Secret?)
}

/// A session that a broker has just given.
package struct NewSession: Sendable {
    package let token: Secret
    /// The client's numbers at the broker, by any of which an account may go.
    package let owners: Set<String>
    /// When it ends; nil where the broker does not say.
    package let ends: Timestamp?

    package init(token: Secret, owners: Set<String>, ends: Timestamp?) {
        self.token = token
        self.owners = owners
        self.ends = ends
    }
}

/// Why a login gave no session, sorted by what must be done.
package enum LoginFailure: Error, Sendable, Equatable {
    /// A setting is missing.
    case notConfigured(LoginNeed)
    /// The broker's clients log in in another way.
    case wrongWay
    /// What came back is no login: the person did not agree, or came from elsewhere.
    case notGranted
    /// The broker says no: the code was used, or is too old, or our app is not known.
    case refused(words: String)
    /// No answer that we understand. A session may have been made; it is lost.
    case unanswered(String)
    /// The client's app would send the session elsewhere than to us.
    case sentElsewhere(to: String, not: String)

    /// For the audit log.
    package var words: String {
        switch self {
        case .notConfigured: "a setting is missing"
        case .wrongWay: "the broker's clients log in in another way"
        case .notGranted: "the client did not agree"
        case .refused(let words), .unanswered(let words): words
        case .sentElsewhere(let place, _): "the app sends sessions to " + place
        }
    }
}

/// What a login needs of the settings.
package enum LoginNeed: Sendable, Equatable {
    case appKey
    case appSecret
    /// Where brokers send the browser to.
    case publicURL
}

/// What a broker knows our app by; nil what nobody has set.
package struct LoginApp: Sendable {
    private let key: Secret?
    private let secret: Secret?
    private let returnURL: String?
    private let noticeURL: String?
    /// Whether the broker knows us as a partner, whose login any of its clients may use, where it makes
    /// that difference.
    package let isPartner: Bool

    package init(
        key: Secret?,
        secret: Secret?,
        returnURL: String?,
        noticeURL: String? = nil,
        isPartner: Bool = false
    ) {
        self.key = key
        self.secret = secret
        self.returnURL = returnURL
        self.noticeURL = noticeURL
        self.isPartner = isPartner
    }

    /// The client's own app in this one's place, which leads to the same places.
    package func replaced(by own: LoginOwnApp) -> LoginApp {
        LoginApp(
            key: Secret(own.key),
            secret: own.secret,
            returnURL: returnURL,
            noticeURL: noticeURL
        )
    }

    /// The key, or an own one of the client's in its place.
    package func needKey(or own: Secret? = nil) throws(LoginFailure) -> String {
        guard let key = own ?? key else { throw .notConfigured(.appKey) }
        return key.reveal()
    }

    /// The secret, or an own one of the client's in its place.
    package func needSecret(or own: Secret? = nil) throws(LoginFailure) -> String {
        guard let secret = own ?? secret else { throw .notConfigured(.appSecret) }
        return secret.reveal()
    }

    /// Where the browser comes back to.
    package func needReturnURL() throws(LoginFailure) -> String {
        guard let returnURL else { throw .notConfigured(.publicURL) }
        return returnURL
    }

    /// Where the broker sends sessions to by itself.
    package func needNoticeURL() throws(LoginFailure) -> String {
        guard let noticeURL else { throw .notConfigured(.publicURL) }
        return noticeURL
    }
}
