/// Why a call of the database gave no result, sorted by what the caller must do.
///
/// No description holds a parameter or a password.
package enum PostgresError: Error, Sendable {
    /// Nothing was done: no connection could be had. Safe to try again.
    case unavailable(String)
    /// The connection broke during the call. What was not yet committed may be so now, or not.
    case connectionLost(String)
    /// The server said no. Nothing of the failed transaction, or of the failed pipeline, was kept.
    case server(PostgresServerError)
    /// The address is none of PostgreSQL's. The reason does not quote it.
    case invalidURL(String)
    /// The task was cancelled; nothing of this call was kept.
    case cancelled
    /// The connection broke while COMMIT was under way: look before doing it again.
    case outcomeUnknown

    /// Whether the whole transaction was surely not committed, and may succeed when tried again.
    ///
    /// A statement that ran out of time (57014) is not among them: again would only add to the load.
    package var isRetryable: Bool {
        switch self {
        case .unavailable: true
        case .server(let error): Self.passing.contains(error.sqlState)
        case .connectionLost, .invalidURL, .cancelled, .outcomeUnknown: false
        }
    }

    /// Serialization, deadlock, lock not available, shutdown and start of the server, too many connections.
    private static let passing: Set<String> = [
        "40001", "40P01", "55P03", "57P01", "57P02", "57P03", "53300",
    ]
}

extension PostgresError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unavailable(let reason): "PostgreSQL cannot be had: \(reason)"
        case .connectionLost(let reason): "connection to PostgreSQL lost: \(reason)"
        case .server(let error): error.description
        case .invalidURL(let reason): "not a PostgreSQL URL: \(reason)"
        case .cancelled: "the call of PostgreSQL was cancelled"
        case .outcomeUnknown: "connection to PostgreSQL lost at COMMIT: outcome unknown"
        }
    }
}
