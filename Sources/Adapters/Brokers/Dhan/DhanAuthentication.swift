import BrokerKit
package import Desk
import HTTPClient
import JSON
import Trading

/// Authentication: is the token good, and until when (dhan.md §1).
extension DhanBroker: ProfileSource {
    package func check(_ session: BrokerSession) async throws(BrokerFailure) -> SessionCheck {
        let value = try await read("/profile", session)
        guard value.text("dhanClientId") == session.brokerClientID else {
            throw .sessionEnded("the token belongs to another client")
        }
        return SessionCheck(ends: value.text("tokenValidity").flatMap(Self.tokenEnd))
    }

    /// Names nobody: the client's name is told at the login only.
    package func profile(_ session: BrokerSession) async throws(BrokerFailure) -> BrokerProfile {
        let value = try await read("/profile", session)
        guard let client = value.text("dhanClientId") else {
            throw .unreachable("no client in the answer")
        }
        let segments = (value.text("activeSegment") ?? "").split(separator: ",")
        return BrokerProfile(
            brokerClientID: client,
            segments: segments.map { String($0.drop { $0 == " " }) },
            hasMandate: Self.isActive(value.text("ddpi")),
            hasMarginFunding: Self.isActive(value.text("mtf")),
            sessionEnds: value.text("tokenValidity").flatMap(Self.tokenEnd)
        )
    }

    /// `Active` or `Deactive`; nil for any other word.
    private static func isActive(_ word: String?) -> Bool? {
        switch word?.lowercased() {
        case "active": true
        case "deactive", "inactive": false
        default: nil
        }
    }

    /// `30/03/2025 15:37`, in Indian time.
    static func tokenEnd(_ text: String) -> Timestamp? {
        let parts = text.split { !$0.isNumber }.map(String.init)
        guard parts.count == 5 else { return nil }
        return IndianTimeText.parse(
            "\(parts[2])-\(parts[1])-\(parts[0]) \(parts[3]):\(parts[4]):00"
        )
    }
}

/// A web-made token exchanged for one that lives another day (dhan.md §1); the old one is dead then.
extension DhanBroker: SessionRenewal {
    package func renew(_ session: BrokerSession) async throws(BrokerFailure) -> NewSession {
        // The official SDK asks with GET, other clients with POST, and no document settles it. A
        // server that has no such verb has renewed nothing, so the other one may be tried.
        var reply = try await askForRenewal("GET", session)
        if [404, 405, 501].contains(reply.status) {
            reply = try await askForRenewal("POST", session)
        }
        let value = try DhanErrors.tokenAnswer(reply)
        guard let token = value.text("accessToken") ?? value.text("token") else {
            throw .unreachable("an answer without a token")
        }
        return NewSession(
            token: Secret(token),
            // It was made of this client's token, and is tried before anybody relies on it.
            owners: [value.text("dhanClientId") ?? session.brokerClientID],
            ends: value.text("expiryTime").flatMap(IndianTimeText.parse)
        )
    }

    private func askForRenewal(_ method: String, _ session: BrokerSession)
        async throws(BrokerFailure) -> HTTPResponse
    {
        try await calls.change(
            method,
            "/RenewToken",
            headers: [
                ("access-token", session.token.reveal()), ("dhanClientId", session.brokerClientID),
                ("Accept", "application/json"),
            ],
            body: method == "POST" ? [] : nil,
            egress: nil
        )
    }
}
