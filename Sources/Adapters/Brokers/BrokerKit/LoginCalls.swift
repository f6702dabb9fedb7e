package import Desk
package import HTTPClient

/// The calls of one login: each leaves once, and what it fails with names none of its secrets.
package struct LoginCalls: Sendable {
    private let calls: BrokerCalls
    private let secrets: [String]

    /// More of a broker's words says nothing more.
    private static let longestWords = 300

    /// Calls to the broker that are made with these secrets.
    package init(_ calls: BrokerCalls, secrets: [String]) {
        self.calls = calls
        self.secrets = secrets.filter { !$0.isEmpty }
    }

    /// Sends once; the broker's answer, whatever it says.
    package func send(
        _ method: String,
        _ path: String,
        headers: [(name: String, value: String)],
        body: [UInt8]? = nil
    ) async throws(LoginFailure) -> HTTPResponse {
        do {
            return try await calls.sendOnce(
                method,
                path,
                headers: headers,
                body: body,
                egress: nil,
                before: nil
            )
        } catch {
            throw .unanswered(hidden(error.reason))
        }
    }

    /// What a failure to read an answer means for a login.
    package func failure(_ failure: BrokerFailure) -> LoginFailure {
        switch failure {
        case .sessionEnded(let words): .refused(words: hidden(words))
        case .refused(let code, let words):
            .refused(words: hidden(words.hasPrefix(code) ? words : code + ": " + words))
        case .limited: .refused(words: "too many calls; wait a minute")
        case .unreachable(let words): .unanswered(hidden(words))
        }
    }

    /// The words without any of the secrets, in whatever way they came to be among them.
    package func hidden(_ words: String) -> String {
        let clean = secrets.reduce(words) {
            $0.replacing($1, with: "[redacted]")
                .replacing(FormBody.encoded($1), with: "[redacted]")
        }
        return String(clean.prefix(Self.longestWords))
    }
}

extension LoginProof {
    /// What the browser brought under a name; nil where that is nothing, or no browser came.
    package func brought(_ name: String) -> String? {
        guard case .redirect(let values) = self, let value = values[name]?.reveal(), value != ""
        else { return nil }
        return value
    }
}
