import Secrets
import Testing

/// Which passwords may be chosen.
@Suite("Secrets: passwords that may be chosen")
struct PasswordRuleTests {
    private static let email = "asha.raghavan@example.in"

    @Test(
        "Long ones that nobody tries first may be chosen",
        arguments: [
            "correct horse battery", "local-test-only", "another long password", "Kj4#hq9!pW2z",
            "Wo der Hund begraben liegt",
            "\u{0928}\u{092E}\u{0938}\u{094D}\u{0924}\u{0947} \u{0926}\u{0941}\u{0928}\u{093F}\u{092F}\u{093E} 2026 aa",
            "zeppelin-mango-tuesday", "tr0mbone&gravel",
        ]
    )
    func good(password: String) {
        #expect(PasswordRule.weakness(of: password, email: Self.email) == nil)
    }

    @Test("Eleven characters are too few, twelve are not")
    func length() {
        #expect(PasswordRule.weakness(of: "Kj4#hq9!pW2", email: Self.email) == .tooShort)
        #expect(PasswordRule.weakness(of: "Kj4#hq9!pW2z", email: Self.email) == nil)
        #expect(PasswordRule.weakness(of: "", email: "") == .tooShort)
    }

    @Test(
        "What guessers try first may not, whatever is put around it",
        arguments: [
            "Password123456", "P@ssw0rd!!!2026", "qwertyuiop123",
            "Welcome@12345",
            "1q2w3e4r5t6y", "Zerodha@2026!!", "123456789012", "abcdefghijkl", "987654321098",
            "letmein123456", "ILoveYou!!!!2024", "admin123456789", "correcthorsebatterystaple",
            "TradingZerodha", "1QAZ2wsx3EDC",
        ]
    )
    func common(password: String) {
        #expect(PasswordRule.weakness(of: password, email: Self.email) == .common)
    }

    @Test(
        "A few characters again and again may not",
        arguments: [
            "aaaaaaaaaaaa", "ababababababab", "xyz7xyz7xyz7", "!!!!!!!!!!!!!!!!", "kiwikiwikiwi",
            "passwordpassword",
        ]
    )
    func repeating(password: String) {
        #expect(PasswordRule.weakness(of: password, email: Self.email) == .repeating)
    }

    @Test(
        "The user's own address may not",
        arguments: ["asharaghavan1", "Raghavan2026!", "r4ghavan12345"]
    )
    func own(password: String) {
        #expect(PasswordRule.weakness(of: password, email: "raghavan@example.in") != nil)
    }
}
