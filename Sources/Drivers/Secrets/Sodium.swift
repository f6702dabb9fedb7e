import CSodium

/// The library, made ready once: nothing of it may be called before.
enum Sodium {
    private static let isReady = sodium_init() >= 0

    static func start() {
        precondition(isReady, "libsodium found no source of randomness")
    }
}
