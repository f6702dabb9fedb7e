/// Why RabbitMQ did not do what was asked, sorted by what the caller must do.
package enum RabbitError: Error, Equatable {
    /// The settings are wrong; the reason shows no password.
    case invalidURL(String)
    /// No connection, or it was lost: ask again later.
    case unreachable(String)
    /// The server knows us not, or allows this not: somebody must change the settings.
    case accessRefused(String)
    /// The queue exists with other arguments: somebody must delete or rename it.
    case conflict(queue: String, reason: String)
    /// There is no such queue.
    case notFound(queue: String)
    /// The server refused for another reason, by its reply code.
    case refused(code: Int, reason: String)
    /// ``RabbitPublisher/close()`` or the like was called.
    case closed

    /// Whether asking again without anybody's help is useless.
    package var isPermanent: Bool {
        switch self {
        case .invalidURL, .accessRefused, .conflict, .closed: true
        case .unreachable, .notFound, .refused: false
        }
    }
}

/// How a connection fares; it changes by itself as the connection is lost and made again.
package enum RabbitLinkState: Sendable, Equatable {
    case connecting
    case connected
    /// Not connected now, and why; another attempt follows.
    case down(RabbitError)
    case closed
}
