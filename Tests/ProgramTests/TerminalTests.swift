import Testing

@testable import Commands

/// What commands write where a person reads it.
@Suite struct TerminalTests {
    @Test(arguments: [
        ("plain \u{20B9}2,950.50 \u{2588}\n\ttab", "plain \u{20B9}2,950.50 \u{2588}\n\ttab"),
        ("\u{1B}[2Jgone", "\u{FFFD}[2Jgone"), ("a\rb\u{8}c\u{7F}", "a\u{FFFD}b\u{FFFD}c\u{FFFD}"),
        ("\u{9B}31m", "\u{FFFD}31m"), ("\u{202E}gpj.exe", "\u{FFFD}gpj.exe"), ("", ""),
        ("a\r\nb", "a\u{FFFD}\nb"),
    ])
    func `what would drive a terminal is shown as a sign instead`(text: String, shown: String) {
        #expect(Terminal.harmless(text) == shown)
    }
}
