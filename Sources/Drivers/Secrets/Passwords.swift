import Blocking
import CSodium

/// Why a password could not be hashed.
package enum PasswordFailure: Error, Equatable {
    /// Longer than ``Passwords/longest`` bytes.
    case tooLong
    /// There was no memory for the work.
    case outOfMemory
}

/// Keeps passwords so that who steals them must guess them (argon2id).
///
/// One guess costs tens of milliseconds and 64 MiB. That happens on one thread of its own, one
/// password after another: so neither the tasks' threads nor the memory can be used up by sign-ins.
package enum Passwords {
    /// The most bytes that a password may have.
    package static let longest = 1024

    private static let worker = PasswordWorker()

    /// A text to store, with salt and cost in it; throws ``PasswordFailure`` or `CancellationError`.
    package static func hash(
        _ password: String,
        cost: PasswordCost = .standard
    ) async throws -> String {
        guard password.utf8.count <= longest else { throw PasswordFailure.tooLong }
        return try await worker.hash(password, cost: cost)
    }

    /// Whether this is the password that the stored text was made of; false for a damaged text.
    package static func verify(_ password: String, against hash: String) async -> Bool {
        guard password.utf8.count <= longest else { return false }
        return await worker.verify(password, against: hash)
    }

    /// Whether the stored text was made at another cost, so that it should be made anew.
    package static func isOutdated(_ hash: String, cost: PasswordCost = .standard) -> Bool {
        Sodium.start()
        return !PasswordWorker.isStorable(hash)
            || crypto_pwhash_str_needs_rehash(hash, cost.passes, cost.bytes) != 0
    }
}

/// The thread that the hashing runs on.
private actor PasswordWorker {
    private let thread = DedicatedThread(name: "passwords")
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    func hash(_ password: String, cost: PasswordCost) throws -> String {
        // Whoever gave up waiting costs no work.
        try Task.checkCancellation()
        Sodium.start()
        var text = [CChar](repeating: 0, count: Int(crypto_pwhash_STRBYTES))
        let code = crypto_pwhash_str_alg(
            &text,
            password,
            UInt64(password.utf8.count),
            cost.passes,
            cost.bytes,
            crypto_pwhash_ALG_ARGON2ID13
        )
        guard code == 0 else { throw PasswordFailure.outOfMemory }
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    func verify(_ password: String, against hash: String) -> Bool {
        guard !Task.isCancelled, Self.isStorable(hash) else { return false }
        Sodium.start()
        return crypto_pwhash_str_verify(hash, password, UInt64(password.utf8.count)) == 0
    }

    /// Whether the library may be given this text: a short C string without a zero inside.
    static func isStorable(_ hash: String) -> Bool {
        hash.utf8.count < Int(crypto_pwhash_STRBYTES) && !hash.utf8.contains(0)
    }
}
