/// What the exit status of a command says.
enum ExitStatus {
    static let done: Int32 = 0
    /// The trade is complete, and some orders failed or are unknown.
    static let someFailed: Int32 = 1
    /// The command line makes no sense.
    static let usage: Int32 = 2
    /// The API refused: not logged in, not allowed, not found, not usable.
    static let refused: Int32 = 3
    /// The API cannot be reached, or failed.
    static let unavailable: Int32 = 4
}
