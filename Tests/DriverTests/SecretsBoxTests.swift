import Secrets
import Testing

@Suite("Secrets: box and passwords")
struct SecretsBoxTests {
    private let box = SecretBox(key: [UInt8](0..<32))

    @Test("What is sealed opens under the same context", arguments: [0, 1, 16, 5000])
    func roundTrip(count: Int) throws {
        let plain = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
        let sealed = box.seal(plain, context: "account:7")
        #expect(try box.open(sealed, context: "account:7") == plain)
        #expect(box.seal(plain, context: "account:7") != sealed)
        #expect(sealed.first == 1)
    }

    @Test("Another context, another key or any changed bit is refused")
    func tampering() throws {
        let plain = Array("access token".utf8)
        let sealed = box.seal(plain, context: "account:7")
        #expect(throws: SecretBoxError.refused) { try box.open(sealed, context: "account:8") }
        let other = SecretBox(key: [UInt8](1..<33))
        #expect(throws: SecretBoxError.refused) { try other.open(sealed, context: "account:7") }
        for position in sealed.indices {
            for bit in 0..<8 {
                var changed = sealed
                changed[position] ^= 1 << bit
                #expect(throws: position == 0 ? SecretBoxError.malformed : .refused) {
                    try box.open(changed, context: "account:7")
                }
            }
        }
        for count in [0, 1, 24, 40] {
            #expect(throws: SecretBoxError.malformed) {
                try box.open(Array(sealed.prefix(count)), context: "account:7")
            }
        }
        #expect(throws: SecretBoxError.refused) { try box.open(sealed + [0], context: "account:7") }
    }

    @Test("After a change of key, what the former key sealed still opens")
    func rotation() throws {
        let old = [UInt8](0..<32)
        let new = [UInt8](100..<132)
        let sealed = SecretBox(key: old).seal([1, 2, 3], context: "c")
        let rotated = SecretBox(key: new, former: [old])
        #expect(try rotated.open(sealed, context: "c") == [1, 2, 3])
        let resealed = rotated.seal([4], context: "c")
        #expect(try SecretBox(key: new).open(resealed, context: "c") == [4])
        #expect(throws: SecretBoxError.refused) {
            try SecretBox(key: old).open(resealed, context: "c")
        }
    }

    @Test("A key is read from Base64, from hexadecimal, or made of a long passphrase")
    func keys() throws {
        let key = [UInt8](0..<32)
        let hexadecimal = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
        let spelled = [
            "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
            "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8", hexadecimal,
        ]
        for text in spelled { #expect(try SecretBox.key(passphraseOrBase64: text) == key) }
        let stretched = try SecretBox.key(passphraseOrBase64: "correct horse battery staple")
        #expect(stretched.count == 32)
        #expect(try SecretBox.key(passphraseOrBase64: "correct horse battery staple") == stretched)
        #expect(try SecretBox.key(passphraseOrBase64: "correct horse battery stapler") != stretched)
        for text in ["", "short", "fifteen letters"] {
            #expect(throws: SecretBoxError.unusableKey) {
                try SecretBox(passphraseOrBase64: text)
            }
        }
        let sealed = box.seal([9], context: "c")
        #expect(try SecretBox(passphraseOrBase64: hexadecimal).open(sealed, context: "c") == [9])
    }

    @Test("A password is known again, and no other is taken for it")
    func passwords() async throws {
        let hash = try await Passwords.hash("correct horse é\0x", cost: .test)
        #expect(hash.hasPrefix("$argon2id$"))
        #expect(await Passwords.verify("correct horse é\0x", against: hash))
        for wrong in ["", "correct horse é", "correct horse é\0", "Correct horse é\0x"] {
            #expect(await !Passwords.verify(wrong, against: hash))
        }
        let again = try await Passwords.hash("correct horse é\0x", cost: .test)
        #expect(again != hash)
    }

    @Test("The standard cost gives a hash that verifies and is told from a cheaper one")
    func standardCost() async throws {
        let hash = try await Passwords.hash("a long password")
        #expect(await Passwords.verify("a long password", against: hash))
        #expect(!Passwords.isOutdated(hash))
        let cheap = try await Passwords.hash("a long password", cost: .test)
        #expect(Passwords.isOutdated(cheap) && !Passwords.isOutdated(cheap, cost: .test))
        #expect(Passwords.isOutdated("nonsense"))
    }

    @Test(
        "A damaged hash verifies nothing",
        arguments: [
            "", "$argon2id$", "$argon2id$v=19$m=8,t=1,p=1$AAAA", "plain", "$argon2id$v=19\0",
            "$2b$10$abcdefghijklmnopqrstuv", String(repeating: "$argon2id$", count: 50),
        ]
    )
    func damagedHash(hash: String) async {
        #expect(await !Passwords.verify("", against: hash))
        #expect(await !Passwords.verify("password", against: hash))
    }

    @Test("A password too long is refused before any work")
    func longPassword() async throws {
        let limit = String(repeating: "x", count: Passwords.longest)
        let hash = try await Passwords.hash(limit, cost: .test)
        #expect(await Passwords.verify(limit, against: hash))
        #expect(await !Passwords.verify(limit + "x", against: hash))
        await #expect(throws: PasswordFailure.tooLong) {
            try await Passwords.hash(limit + "x", cost: .test)
        }
    }

    @Test("Many sign-ins at once are all answered")
    func concurrency() async throws {
        let hash = try await Passwords.hash("right", cost: .test)
        let right = await withTaskGroup(of: Bool.self) { group in
            for index in 0..<200 {
                group.addTask {
                    await Passwords.verify(
                        index.isMultiple(of: 2) ? "right" : "wrong",
                        against: hash
                    )
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(right == 100)
    }
}
