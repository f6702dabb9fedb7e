import Desk
import HTTPClient
import PostgresStore
import Secrets
import Telemetry
import Trading

/// What an operator does beside the API, with the database at hand.
package struct AdminTasks: Sendable {
    private let connections: Connections

    package init(_ settings: Settings) throws {
        connections = try Connections(settings, program: "admin")
    }

    /// What became of a task.
    package enum Outcome: Sendable {
        case done(String)
        case refused(String)
    }

    /// Makes a user; the first one cannot be made through the API.
    package func createUser(email: String, name: String, role: String, password: String)
        async throws -> Outcome
    {
        guard let role = Role(rawValue: role), role != .client else {
            return .refused("the role must be admin or trader")
        }
        guard email.contains("@") else { return .refused("the e-mail address is not usable") }
        if let weakness = PasswordRule.weakness(of: password, email: email) {
            return .refused(weakness.sentence)
        }
        try await connections.waitForSchema()
        let user = try await connections.identities.createUser(
            UserDraft(
                email: email,
                name: name,
                role: role,
                passwordHash: try await Passwords.hash(password),
                trader: nil,
                client: nil
            ),
            by: Actor(user: nil)
        )
        await connections.close()
        guard let user else { return .refused("another user has this e-mail address") }
        return .done("user \(user.user) (\(role.rawValue)) is made")
    }

    /// Loads every broker's instrument list now, also one that lacks most of what the last one had
    /// where that is known to be so.
    package func loadInstruments(acceptingShort: Bool) async throws -> Outcome {
        try await connections.waitForSchema()
        let client = HTTPClient(
            HTTPClientConfiguration(),
            logger: connections.logger,
            metrics: nil
        )
        let load = LoadInstruments(
            masters: BrokerSet.masters(connections.settings, client),
            store: connections.instruments
        )
        let loaded = await load(acceptingShort: acceptingShort, by: Actor(user: nil))
        await client.close()
        await connections.close()
        let lines = loaded.map { broker, result in
            switch result {
            case .success(let changed): "\(broker.rawValue): \(changed) new or changed"
            case .failure(let error): "\(broker.rawValue): \(error)"
            }
        }
        let succeeded = loaded.allSatisfy { (try? $0.1.get()) != nil }
        let text = lines.joined(separator: "\n")
        return succeeded ? .done(text) : .refused(text)
    }

    /// Seals every stored secret with the newest key; may be stopped and run again.
    package func rotateSecrets() async throws -> Outcome {
        try await connections.waitForSchema()
        let rotate = PostgresSecretRotation(
            pool: connections.pool,
            secrets: connections.settings.secretBox
        )
        let report = try await rotate(by: Actor(user: nil))
        await connections.close()
        let done =
            "\(report.resealed) secrets are encrypted anew, \(report.current) were under the "
            + "newest key already"
        guard report.unreadable.isEmpty else {
            let which = report.unreadable.prefix(20).joined(separator: ", ")
            return .refused(
                "\(done); \(report.unreadable.count) open with none of the keys: \(which)"
            )
        }
        return .done(done + "; the former keys are not needed any more once logins have ended")
    }

    /// Compares every balance with the rows that made it.
    package func checkLedger() async throws -> Outcome {
        try await connections.waitForSchema()
        let broken = try await PostgresLedgerCheck(pool: connections.pool)()
        await connections.close()
        guard broken.isEmpty else {
            return .refused(broken.map { "\($0)" }.joined(separator: "\n"))
        }
        return .done("the books agree: every balance is the sum of its rows")
    }
}
