import Desk
import JSON

/// Logins in the document: sessions, the password, second factors.
extension OpenAPIOperations {
    static let logins: [OpenAPIDocument.Operation] = [
        .init(
            method: "POST",
            path: "/api/v1/login/refresh",
            summary: "A new access token; the refresh token is exchanged too, and works once.",
            body: "Refresh",
            status: 200,
            answer: "Token",
            isOpen: true
        ),
        .init(
            method: "POST",
            path: "/api/v1/logout",
            summary: "End this login.",
            status: 204,
            scope: .admin,
            isForClients: true,
            isForSetUp: true
        ),
        .init(
            method: "GET",
            path: "/api/v1/sessions",
            summary: "My logins that have not ended.",
            status: 200,
            answer: "Sessions",
            scope: .admin,
            isForClients: true
        ),
        .init(
            method: "DELETE",
            path: "/api/v1/sessions/{id}",
            summary: "End one of my logins.",
            status: 204,
            scope: .admin,
            isForClients: true
        ),
        .init(
            method: "DELETE",
            path: "/api/v1/sessions",
            summary: "End all my logins.",
            parameters: [("keep_current", "query", "`true`: all but this one.")],
            status: 200,
            answer: "EndedSessions",
            scope: .admin,
            isForClients: true
        ),
        .init(
            method: "GET",
            path: "/api/v1/users/{id}/sessions",
            summary: "A user's logins that have not ended (admins).",
            status: 200,
            answer: "Sessions",
            scope: .admin
        ),
        .init(
            method: "DELETE",
            path: "/api/v1/users/{id}/sessions/{session}",
            summary: "End one login of a user (admins).",
            status: 204,
            scope: .admin
        ),
        .init(
            method: "DELETE",
            path: "/api/v1/users/{id}/sessions",
            summary: "End all logins of a user (admins).",
            status: 200,
            answer: "EndedSessions",
            scope: .admin
        ),
        .init(
            method: "DELETE",
            path: "/api/v1/users/{id}/second-factor",
            summary: "Take away another's lost second factor (admins); all that user's logins end.",
            body: "FactorReset",
            status: 200,
            answer: "EndedSessions",
            scope: .admin
        ),
        .init(
            method: "POST",
            path: "/api/v1/password",
            summary: "Change my password; all my other logins end.",
            body: "NewPassword",
            status: 204,
            scope: .admin,
            isForClients: true,
            isForSetUp: true
        ),
        .init(
            method: "POST",
            path: "/api/v1/second-factor",
            summary: "Set up one-time codes (RFC 6238); they count once a first code has come.",
            body: "Proof",
            status: 200,
            answer: "SecondFactor",
            scope: .admin,
            isForClients: true,
            isForSetUp: true
        ),
        .init(
            method: "POST",
            path: "/api/v1/second-factor/confirm",
            summary: "Confirm by a first code; gives the recovery codes, this once.",
            body: "Code",
            status: 200,
            answer: "RecoveryCodes",
            scope: .admin,
            isForClients: true,
            isForSetUp: true
        ),
        .init(
            method: "DELETE",
            path: "/api/v1/second-factor",
            summary: "Do without one-time codes; wants password and a code.",
            body: "FactorProof",
            status: 204,
            scope: .admin,
            isForClients: true
        ),
    ]
}

extension OpenAPISchemas {
    static var logins: [(String, JSONValue)] {
        let session = object([
            ("id", integer), ("is_current", ["type": "boolean"]), ("created_at", moment),
            ("refreshed_at", moment), ("ends_at", moment), ("address", text), ("agent", text),
        ])
        let proof: [(String, JSONValue)] = [
            ("password", text), ("code", text), ("recovery_code", text),
        ]
        return [
            ("Refresh", object([("refresh_token", text)], required: ["refresh_token"])),
            ("Session", session),
            ("Sessions", list("sessions", of: "Session", paged: false)),
            ("EndedSessions", object([("ended", integer)])),
            (
                "NewPassword",
                object(
                    [("password", text), ("new_password", text)],
                    required: ["password", "new_password"]
                )
            ), ("Proof", object([("password", text)], required: ["password"])),
            ("SecondFactor", object([("secret", text), ("uri", text)])),
            ("Code", object([("code", text)], required: ["code"])),
            (
                "RecoveryCodes",
                object([("recovery_codes", ["type": "array", "items": text])])
            ),
            ("FactorProof", object(proof, required: ["password"])),
            (
                "FactorReset",
                object(proof + [("reason", text)], required: ["password", "reason"])
            ),
        ]
    }
}
