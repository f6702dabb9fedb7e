import Secrets

extension SettingsReader {
    /// Keys that anybody can read in a repository: those of the trial set-up.
    private static let published = [
        "bG9jYWwtdGVzdC1vbmx5LW5ldmVyLXByb2R1Y3Rpb24=",
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
    ]

    /// The secret keys, the newest first, with spaces, commas or line ends between them.
    ///
    /// The first seals and signs, those behind it only open and verify: so a key is changed while
    /// everything goes on.
    mutating func secretKeys(live: Bool) -> [[UInt8]] {
        var text = environment["VOLLEY_SECRET_KEY"] ?? ""
        if text.isEmpty, let path = environment["VOLLEY_SECRET_KEY_FILE"], !path.isEmpty {
            guard let content = readFile(path) else {
                problem("VOLLEY_SECRET_KEY_FILE names \(path), which cannot be read")
                return []
            }
            text = content
        }
        let words = text.split { $0.isWhitespace || $0 == "," }.map(String.init)
        guard !words.isEmpty else {
            problem(
                "VOLLEY_SECRET_KEY or VOLLEY_SECRET_KEY_FILE must give 32 random bytes in base64"
            )
            return []
        }
        let keys = words.compactMap(Self.key)
        guard keys.count == words.count else {
            problem(
                "each secret key must be 32 bytes in base64, as `openssl rand -base64 32` gives"
            )
            return []
        }
        if live, words.contains(where: Self.published.contains) {
            problem("VOLLEY_SECRET_KEY is one that everybody knows; not with VOLLEY_LIVE=yes")
        }
        return keys
    }

    private static func key(_ word: String) -> [UInt8]? {
        let unpadded = word.replacing("+", with: "-").replacing("/", with: "_")
            .replacing("=", with: "")
        guard let bytes = Tokens.fromBase64URL(unpadded), bytes.count == 32 else { return nil }
        return bytes
    }
}

extension Settings {
    /// The box for what is kept encrypted in the database.
    var secretBox: SecretBox {
        SecretBox(
            key: Tokens.derive(secretKey, purpose: "tokens at rest"),
            former: formerSecretKeys.map { Tokens.derive($0, purpose: "tokens at rest") }
        )
    }

    /// The signer of tokens for one purpose.
    func signer(for purpose: String) -> JWTSigner {
        JWTSigner(
            key: Tokens.derive(secretKey, purpose: purpose),
            former: formerSecretKeys.map { Tokens.derive($0, purpose: purpose) }
        )
    }
}
