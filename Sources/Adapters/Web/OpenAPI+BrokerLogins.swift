import Desk
import JSON

/// The part of the document that is about logins at brokers.
extension OpenAPIOperations {
    static let brokerLogins: [OpenAPIDocument.Operation] = [
        .init(
            method: "POST",
            path: "/api/v1/clients/{id}/broker-accounts/{account}/login-link",
            summary:
                "A link to the broker's login page, for the account's owner: once, 15 minutes.",
            status: 200,
            answer: "LoginLink",
            scope: .clients,
            isForClients: true
        ),
        .init(
            method: "POST",
            path: "/api/v1/clients/{id}/broker-accounts/{account}/login",
            summary:
                "Log in by a code or an approval, at brokers without a login page; or by PIN and code.",
            body: "CodeLogin",
            status: 200,
            answer: "BrokerAccount",
            scope: .clients,
            isForClients: true
        ),
        .init(
            method: "POST",
            path: "/api/v1/clients/{id}/broker-accounts/{account}/renew-session",
            summary:
                "Have a token that was brought renewed now, at brokers that do that; it is done in time by itself.",
            status: 200,
            answer: "RenewedSession",
            scope: .clients,
            isForClients: true
        ),
        .init(
            method: "PUT",
            path: "/api/v1/clients/{id}/broker-accounts/{account}/app",
            summary:
                "Keep the client's own app at the broker, encrypted; tells what must be set in it.",
            body: "OwnApp",
            status: 200,
            answer: "AppPlaces",
            scope: .clients,
            isForClients: true
        ),
        .init(
            method: "POST",
            path: "/api/v1/clients/{id}/broker-accounts/{account}/login-request",
            summary:
                "Have the broker ask the owner for a session in its own app, by the client's app.",
            status: 200,
            answer: "LoginRequest",
            scope: .clients,
            isForClients: true
        ),
        .init(
            method: "POST",
            path: "/api/v1/clients/{id}/broker-accounts/{account}/logout",
            summary: "End the session at the broker, where it has a call; forget its token.",
            body: "WithReason",
            status: 200,
            answer: "LoggedOut",
            scope: .clients
        ),
        .init(
            method: "POST",
            path: "/broker-logins/{broker}/notify",
            summary:
                "Where the broker posts sessions that clients grant; each is asked about at the broker.",
            body: "Grant",
            status: 200,
            answer: "GrantTaken",
            isOpen: true
        ),
        .init(
            method: "GET",
            path: "/broker-logins/{broker}/callback",
            summary:
                "Where the broker sends the client's browser; stores the token that it brings.",
            parameters: [
                ("state", "query", "As the link had it, where the broker gives it back."),
                ("request_token", "query", "Of Zerodha, with its `status`."),
                ("code", "query", "Of Upstox."), ("tokenId", "query", "Of Dhan."),
            ],
            status: 200,
            answer: "Page",
            answerType: "text/html",
            isOpen: true
        ),
    ]
}

extension OpenAPISchemas {
    static var brokerLogins: [(String, JSONValue)] {
        [
            ("LoginLink", object([("url", text), ("expires_at", moment)])),
            (
                "RenewedSession",
                object([
                    ("account_id", integer),
                    ("session_ends", ["type": ["string", "null"], "format": "date-time"]),
                ])
            ),
            (
                "CodeLogin",
                object([
                    ("code", text), ("pin", text), ("approved", ["type": "boolean"]),
                    ("api_key", text), ("api_secret", text),
                ])
            ), ("Page", text),
            (
                "OwnApp",
                object(
                    [("api_key", text), ("api_secret", text)],
                    required: ["api_key", "api_secret"]
                )
            ),
            (
                "AppPlaces",
                object([
                    ("redirect_url", ["type": ["string", "null"]]),
                    ("notifier_url", ["type": ["string", "null"]]),
                ])
            ),
            ("LoginRequest", object([("expires_at", moment)])),
            (
                "LoggedOut",
                object([("at_broker", word(AskBroker.LoggedOut.self)), ("meaning", text)])
            ),
            (
                "Grant",
                object([
                    ("client_id", text), ("user_id", text), ("access_token", text),
                    ("token_type", text), ("expires_at", text), ("issued_at", text),
                    ("message_type", text),
                ])
            ),
            ("GrantTaken", object([("status", text)])),
        ]
    }
}
