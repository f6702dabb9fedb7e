import Desk
import HTTPServer
import Trading

/// The page that a client sees who comes back from the broker: what happened, and what to do.
///
/// Nothing of the request is in it but the broker, which is one of ours. The address that shows it
/// holds what the broker gave, so it is neither kept nor told to anybody.
enum LoginPage {
    /// The page of a login that came to an end.
    static func answer(to outcome: LogInAtBroker.Outcome, at broker: BrokerName)
        -> HTTPServerResponse
    {
        switch outcome {
        case .done:
            page(
                200,
                "You are logged in at \(name(broker)).",
                "Nothing is left to do. You can close this page."
            )
        case .linkIsSpent: spent
        case .otherClient:
            page(
                409,
                "This login is of another account.",
                "Log out at \(name(broker)), ask for a new link, and log in with the account that the"
                    + " link is for. Nothing was stored."
            )
        case .failed(.notGranted):
            page(400, "You were not logged in at \(name(broker)).", again)
        case .failed(.refused):
            page(409, "\(name(broker)) did not accept this login.", again)
        case .failed(.unanswered):
            page(502, "\(name(broker)) did not answer.", again)
        case .failed(.notConfigured), .failed(.wrongWay), .failed(.sentElsewhere):
            page(
                409,
                "Logging in at \(name(broker)) is not possible here.",
                "Tell your adviser that it is not set up."
            )
        }
    }

    /// The page of a link that cannot be used any more.
    static let spent = page(
        410,
        "This link was used, or is too old.",
        "If this page said before that you are logged in, nothing is left to do. Otherwise ask your"
            + " adviser for a new link: each works once, for fifteen minutes."
    )

    /// The page for whoever brings no state of ours.
    static let forged = page(400, "This is no link of ours.", again)

    /// The page for whoever comes from where logins went wrong again and again.
    static let tooMany = page(
        429,
        "Too many logins went wrong.",
        "Wait five minutes, then ask your adviser for a new link."
    )

    /// The page where something here does not work.
    static let broken = page(503, "Something failed here.", again)

    private static let again = "Ask your adviser for a new link and try again."

    private static func name(_ broker: BrokerName) -> String { broker.rawValue.capitalizedASCII }

    private static func page(_ status: Int, _ title: String, _ words: String) -> HTTPServerResponse
    {
        let html = """
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>\(escaped(title))</title>
            <style>body{font:18px/1.5 sans-serif;max-width:34em;margin:15vh auto;padding:0 1em}</style>
            </head><body><h1>\(escaped(title))</h1><p>\(escaped(words))</p></body></html>

            """
        return HTTPServerResponse(
            status: status,
            headers: [
                ("Content-Type", "text/html; charset=utf-8"), ("Cache-Control", "no-store"),
                ("Referrer-Policy", "no-referrer"), ("X-Content-Type-Options", "nosniff"),
                (
                    "Content-Security-Policy",
                    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
                ),
            ],
            body: .bytes(Array(html.utf8))
        )
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
            .replacing(">", with: "&gt;").replacing("\"", with: "&quot;")
    }
}

extension String {
    /// With a capital at its beginning.
    fileprivate var capitalizedASCII: String { prefix(1).uppercased() + dropFirst() }
}
