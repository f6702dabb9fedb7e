import Desk
import JSON
import Postgres
import Trading

/// One line of the audit log: who changed what of whom; written in the transaction of the change.
struct AuditEntry {
    /// What was done, in words that stay as they are, since people search the log for them.
    enum Action: String {
        case clientCreated = "CLIENT_CREATED"
        case clientUpdated = "CLIENT_UPDATED"
        case clientArchived = "CLIENT_ARCHIVED"
        case clientsImported = "CLIENTS_IMPORTED"
        case accountConnected = "ACCOUNT_CONNECTED"
        case accountDisconnected = "ACCOUNT_DISCONNECTED"
        case sessionExpired = "SESSION_EXPIRED"
        case sessionRenewed = "SESSION_RENEWED"
        case loginLinkMade = "LOGIN_LINK_MADE"
        case loginAsked = "LOGIN_ASKED"
        case loginNotAsked = "LOGIN_NOT_ASKED"
        case loginAppKept = "LOGIN_APP_KEPT"
        case loggedIn = "LOGGED_IN_AT_BROKER"
        case loggedOut = "LOGGED_OUT_AT_BROKER"
        case tokenForgotten = "TOKEN_FORGOTTEN"
        case killSwitchSet = "KILL_SWITCH_SET"
        case profitExitSet = "PROFIT_EXIT_SET"
        case addressesSet = "ADDRESSES_SET"
        case positionConverted = "POSITION_CONVERTED"
        case saleAuthorizationAsked = "SALE_AUTHORIZATION_ASKED"
        case positionsExited = "POSITIONS_EXITED_AT_BROKER"
        case haltOn = "HALT_ON"
        case haltOff = "HALT_OFF"
        case userCreated = "USER_CREATED"
        case keyCreated = "API_KEY_CREATED"
        case keyRevoked = "API_KEY_REVOKED"
        case userLoggedIn = "USER_LOGGED_IN"
        case loginFailed = "LOGIN_FAILED"
        case loginLocked = "LOGIN_LOCKED"
        case sessionsEnded = "SESSIONS_ENDED"
        case sessionCopied = "SESSION_COPIED"
        case passwordChanged = "PASSWORD_CHANGED"
        case factorSetUp = "SECOND_FACTOR_SET_UP"
        case factorConfirmed = "SECOND_FACTOR_CONFIRMED"
        case factorRemoved = "SECOND_FACTOR_REMOVED"
        case factorReset = "SECOND_FACTOR_RESET"
        case recoveryCodeUsed = "RECOVERY_CODE_USED"
        case settingsChanged = "SETTINGS_CHANGED"
        case cancelAsked = "CANCEL_ASKED"
        case exitAsked = "EXIT_ASKED"
        case limitsSet = "RISK_LIMITS_SET"
        case undoAsked = "UNDO_ASKED"
        case conditionalAsked = "CONDITIONAL_ORDER_ASKED"
        case conditionalChanged = "CONDITIONAL_ORDER_CHANGED"
        case conditionalDecided = "CONDITIONAL_ORDER_DECIDED"
        case cashDeposited = "CASH_DEPOSITED"
        case cashWithdrawn = "CASH_WITHDRAWN"
        case preflightMade = "PREFLIGHT_MADE"
        case leverageSet = "MTF_LEVERAGE_SET"
        case interestCharged = "MTF_INTEREST_CHARGED"
        case alertRaised = "ALERT_RAISED"
        case alertAcknowledged = "ALERT_ACKNOWLEDGED"
        case watchlistCreated = "WATCHLIST_CREATED"
        case watchlistChanged = "WATCHLIST_CHANGED"
        case watchlistRemoved = "WATCHLIST_REMOVED"
        case instrumentsLoaded = "INSTRUMENTS_LOADED"
        case instrumentsRefused = "INSTRUMENTS_REFUSED"
        case secretsRotated = "SECRETS_ROTATED"
    }

    private let action: Action
    private let trader: TraderID?
    private let client: ClientID?
    private let detail: String

    /// `fill` writes the fields of the detail; no secret may be among them.
    init(
        _ action: Action,
        trader: TraderID? = nil,
        client: ClientID? = nil,
        _ fill: (inout JSONWriter) -> Void
    ) {
        self.action = action
        self.trader = trader
        self.client = client
        var writer = JSONWriter()
        writer.beginObject()
        fill(&writer)
        writer.endObject()
        detail = String(decoding: writer.bytes, as: UTF8.self)
    }

    private static let insert = PostgresStatement(
        """
        INSERT INTO audit_log (user_id, address, action, trader_id, client_id, detail)
        SELECT $1::bigint, $2::text, n.action, n.trader_id, n.client_id, n.detail::jsonb
        FROM unnest($3::text[], $4::bigint[], $5::bigint[], $6::text[])
             AS n (action, trader_id, client_id, detail)
        """
    )

    /// The call that writes all of these at once.
    static func write(_ entries: [AuditEntry], by actor: Actor) -> Call {
        (
            insert,
            [
                .optional(actor.user), .optional(actor.address),
                .texts(entries.map(\.action.rawValue)),
                .optionalInts(entries.map { $0.trader?.raw }),
                .optionalInts(entries.map { $0.client?.raw }),
                .texts(entries.map(\.detail)),
            ]
        )
    }
}

extension Actor {
    /// Volley itself, where nobody asked for a change.
    static let system = Actor(user: nil)
}
