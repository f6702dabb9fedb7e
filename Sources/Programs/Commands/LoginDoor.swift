import HTTPClient
import JSON

/// Finds the API and logs in: by `VOLLEY_API_KEY`, else by e-mail and password of the environment.
struct LoginDoor: Sendable {
    let environment: [String: String]
    let http: HTTPClient

    /// Who logs in.
    enum Person: String {
        case trader = "TRADER"
        case admin = "ADMIN"
    }

    /// The API, logged in.
    func open(as person: Person = .trader) async throws -> APIClient {
        let api = APIClient(base: try base(), http: http, credential: nil)
        if person == .trader, let key = environment["VOLLEY_API_KEY"], !key.isEmpty {
            return api.with(credential: key)
        }
        let prefix = "VOLLEY_\(person.rawValue)_"
        guard let email = environment[prefix + "EMAIL"],
            let password = environment[prefix + "PASSWORD"]
        else {
            throw UsageError(
                "set VOLLEY_API_KEY, or \(prefix)EMAIL and \(prefix)PASSWORD"
                    + "; for the local stack: eval \"$(deploy/local/env)\""
            )
        }
        var proof: JSONValue = ["email": .string(email), "password": .string(password)]
        // Of those who have a second factor: the code that their authenticator shows now.
        if let code = environment[prefix + "CODE"], !code.isEmpty {
            proof = [
                "email": .string(email), "password": .string(password), "code": .string(code),
            ]
        }
        let answer = try await api.send("POST", "/api/v1/login", proof)
        guard let token = answer["access_token"]?.string else {
            throw APIClient.Failure.unreachable("the login gave no token")
        }
        return api.with(credential: token)
    }

    func base() throws(UsageError) -> String {
        guard let url = environment["VOLLEY_API_URL"], !url.isEmpty else {
            throw UsageError(
                "VOLLEY_API_URL is not set; for the local stack: eval \"$(deploy/local/env)\""
            )
        }
        return url
    }
}
