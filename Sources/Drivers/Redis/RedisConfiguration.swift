import Blocking

/// Where Redis is, as whom to log in, and how long to wait.
///
/// `redis://user:password@host:port/database`; user, password, port and database may be left out.
package struct RedisConfiguration: Sendable, CustomStringConvertible, CustomReflectable {
    package let host: String
    package let port: Int
    /// nil: the default user.
    package let user: String?
    let password: String?
    package let database: Int
    /// Shown by `CLIENT LIST`.
    package var connectionName = "volley"
    package var connectTimeout: Duration = .seconds(1)
    /// How long a command may take from its call to its reply.
    package var commandTimeout: Duration = .milliseconds(500)
    /// How many commands may wait for their replies; further ones fail at once.
    package var maximumPending = 100_000
    /// How many events a subscriber may be behind; see ``RedisEvent/reconnected``.
    package var subscriberBacklog = 1024
    /// After so much silence a subscribed connection is asked whether it lives.
    package var pingInterval: Duration = .seconds(10)

    /// - Throws: ``RedisError/invalidURL(_:)``.
    package init(url text: String) throws(RedisError) {
        let url: ServerURL
        do { url = try ServerURL(text) } catch { throw .invalidURL(error.reason) }
        // hiredis 0.14 has no TLS.
        guard url.scheme == "redis" else { throw .invalidURL("the scheme is not redis") }
        guard url.query.isEmpty else { throw .invalidURL("no settings are known") }
        let name = url.path ?? ""
        guard let database = name.isEmpty ? 0 : UInt16(name).map({ Int($0) }) else {
            throw .invalidURL("the database is not a number")
        }
        host = url.host
        port = url.port ?? 6379
        user = url.user.flatMap { $0.isEmpty ? nil : $0 }
        password = url.password
        self.database = database
    }

    package var description: String { "redis://\(host):\(port)/\(database)" }
    /// Hides the password from dumps.
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}
