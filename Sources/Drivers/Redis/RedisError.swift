/// Why a command has no reply, sorted by what the caller must do.
package enum RedisError: Error, Equatable {
    /// Not connected, or the connection was lost before the reply: go on without Redis.
    case down(String)
    /// No reply in time; the connection was given up. It may have been done.
    case timedOut
    /// Redis refused the command, in its words.
    case reply(String)
    /// The settings are wrong; the reason shows no password.
    case invalidURL(String)
}
