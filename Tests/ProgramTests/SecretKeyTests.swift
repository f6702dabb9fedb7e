import Secrets
import Testing

@testable import Wiring

/// The keys that everything secret hangs on.
@Suite("Settings: secret keys")
struct SecretKeyTests {
    private static let newer = "ZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXp7fH1+f4CBgoM="

    private func settings(
        _ keys: String?,
        file: String? = nil,
        _ more: [String: String] = [:]
    ) throws(Settings.Problems) -> Settings {
        var environment = Environment.good.merging(more) { $1 }
        environment["VOLLEY_SECRET_KEY"] = keys
        if file != nil { environment["VOLLEY_SECRET_KEY_FILE"] = "/run/secrets/key" }
        return try Settings(environment: environment) { $0 == "/run/secrets/key" ? file : "app" }
    }

    @Test(arguments: [" ", ",", "\n", " ,\r\n"])
    func `of several keys the first is the newest`(separator: String) throws {
        let read = try settings(Self.newer + separator + Environment.key + "\n")
        #expect(read.secretKey == Array(100..<132))
        #expect(read.formerSecretKeys == [Array(0..<32)])
    }

    @Test func `a file may hold them, one on each line`() throws {
        let read = try settings(nil, file: Self.newer + "\n" + Environment.key + "\n")
        #expect(read.secretKey == Array(100..<132))
        #expect(read.formerSecretKeys.count == 1)
    }

    @Test func `what was sealed and signed before a change of keys is good after it`() throws {
        let before = try settings(Environment.key)
        let after = try settings(Self.newer + "," + Environment.key)
        let sealed = before.secretBox.seal([1, 2, 3], context: "account:1")
        #expect(try after.secretBox.open(sealed, context: "account:1") == [1, 2, 3])
        let token = before.signer(for: "logins").sign(Array(#"{"exp":2000}"#.utf8))
        #expect(throws: Never.self) { try after.signer(for: "logins").verify(token, now: 1_000) }
        // Nor the other way round, nor for another purpose.
        let later = after.signer(for: "logins").sign(Array(#"{"exp":2000}"#.utf8))
        #expect(throws: (any Error).self) { try before.signer(for: "logins").verify(later, now: 1) }
        #expect(throws: (any Error).self) {
            try after.signer(for: "broker logins").verify(later, now: 1)
        }
    }

    @Test(arguments: ["", "short", "AAAA", Environment.key + " short"])
    func `a key that is none is refused without being shown`(text: String) {
        let problems = #expect(throws: Settings.Problems.self) { try settings(text) }
        #expect(problems?.sentences.count == 1)
        #expect(problems?.description.contains("short") == false)
    }

    @Test func `a key that the repository shows is not for real orders`() {
        let live = [
            "VOLLEY_LIVE": "yes", "VOLLEY_DHAN_URL": "https://api.example/v2",
            "VOLLEY_DHAN_STREAM_URL": "", "VOLLEY_UPSTOX_ORDERS_URL": "",
        ]
        let problems = #expect(throws: Settings.Problems.self) {
            try settings(Environment.key, file: nil, live)
        }
        #expect(problems?.sentences.contains { $0.contains("everybody knows") } == true)
        #expect(throws: Never.self) { try settings(Self.newer, file: nil, live) }
    }
}
