import CPostgres

/// Where the database is, and how its connections behave.
///
/// Printed or dumped it shows host, port, user and database, never the password.
package struct PostgresConfiguration: Sendable {
    /// Shown in `pg_stat_activity`; the URL's `application_name`, else `volley`.
    package var applicationName: String
    /// The longest a statement may take on the server; zero for no limit.
    package var statementTimeout: Duration = .seconds(30)
    /// After so long without a statement inside a transaction the server ends the session, so that
    /// a paused process does not hold its locks for ever; zero for no limit.
    package var idleInTransactionTimeout: Duration = .seconds(60)
    /// The longest that making a connection may take; the URL's `connect_timeout`, else 5 s.
    package var connectTimeout: Duration
    /// Where unqualified names are looked for, as SQL writes it: `"a", public`.
    package var searchPath: String?
    /// How many statements each connection keeps prepared; the longest unused goes first.
    package var preparedStatements = 256

    /// Settings that each session begins with, such as `enable_hashjoin`: names and plain words only.
    package var settings: [(name: String, value: String)] = []

    /// What the URL says, in libpq's words.
    private let options: [String: String]

    /// Reads `postgresql://user:password@host:port/database?option=value…`, as libpq documents it.
    ///
    /// A Unix socket is `postgresql:///database?host=/run/postgresql`.
    package init(url: String) throws(PostgresError) {
        guard url.hasPrefix("postgresql://") || url.hasPrefix("postgres://") else {
            throw .invalidURL("it must begin with postgresql://")
        }
        var problem: UnsafeMutablePointer<CChar>?
        guard !url.utf8.contains(0), let parsed = PQconninfoParse(url, &problem) else {
            // libpq's own words would quote the URL, and the password with it.
            PQfreemem(problem)
            throw .invalidURL("it cannot be read (not shown, since it may hold a password)")
        }
        defer { PQconninfoFree(parsed) }
        var options: [String: String] = [:]
        var next = parsed
        while let keyword = next.pointee.keyword {
            if let value = next.pointee.val {
                options[String(cString: keyword)] = String(cString: value)
            }
            next += 1
        }
        applicationName = options["application_name"] ?? "volley"
        let seconds = options["connect_timeout"].flatMap { Int($0) } ?? 0
        connectTimeout = .seconds(seconds > 0 ? seconds : 5)
        self.options = options
    }

    /// What `PQconnectStartParams` is given.
    var connectionParameters: [(keyword: String, value: String)] {
        var all = [
            // A peer that is gone is noticed within a minute, also by a connection that only listens.
            "keepalives_idle": "30", "keepalives_interval": "10", "keepalives_count": "3",
            "tcp_user_timeout": "30000",
        ]
        all.merge(options) { _, given in given }
        all["application_name"] = applicationName
        all["client_encoding"] = "UTF8"
        all["options"] = sessionOptions
        all["connect_timeout"] = nil
        return all.map { (keyword: $0.key, value: $0.value) }
    }

    /// Settings that the session begins with, so that none needs a statement of its own.
    private var sessionOptions: String {
        var parts = [
            "-c statement_timeout=\(statementTimeout.milliseconds)",
            "-c idle_in_transaction_session_timeout=\(idleInTransactionTimeout.milliseconds)",
        ]
        parts += settings.map { "-c \($0.name)=\($0.value)" }
        if let given = options["options"] { parts.append(given) }
        if let searchPath {
            // The server splits at spaces that no backslash precedes.
            let escaped = searchPath.reduce(into: "") { text, character in
                if character.isWhitespace || character == "\\" { text.append("\\") }
                text.append(character)
            }
            parts.append("-c search_path=\(escaped)")
        }
        return parts.joined(separator: " ")
    }
}

extension PostgresConfiguration: CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    package var description: String {
        let host = options["host"] ?? options["hostaddr"] ?? "(local)"
        let place = "\(host):\(options["port"] ?? "5432")"
        return "\(options["user"] ?? "(user)")@\(place)/\(options["dbname"] ?? "(database)")"
    }

    package var debugDescription: String { description }

    package var customMirror: Mirror { Mirror(self, children: ["server": description]) }
}

extension Duration {
    /// Whole milliseconds, cut; within what C's `int` can hold, and never negative.
    var milliseconds: Int32 {
        let (seconds, attoseconds) = components
        guard seconds < Int64(Int32.max) / 1000 else { return .max }
        return Int32(clamping: max(0, seconds * 1000 + attoseconds / 1_000_000_000_000_000))
    }
}
