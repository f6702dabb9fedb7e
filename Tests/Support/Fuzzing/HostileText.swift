/// What breaks readers that take their input for granted.
package enum HostileText {
    /// Numbers at and beyond the edges of what integers, doubles and amounts can hold.
    package static let numbers = [
        "0", "-0", "-1", "1", "0.5", "1.0", "5.00000", "-2950.05", "2950.0500001", "0.00001",
        "9223372036854775807", "-9223372036854775808", "9223372036854775808",
        "92233720368547758.07", "922337203685477.5807", "-9223372036854775807",
        "4611686018427387904", "18446744073709551615", "18446744073709551616",
        "2147483647", "2147483648", "-2147483649", "4294967296", "1000000000", "1000000001",
        "900000000000.00", "900000000000.01", "900000000000.009", "10000000", "10000000.0001",
        "1e2", "1E7", "1.2345678E7", "1e-2", "1e18", "1e19", "-1e18", "1e308", "1e309", "1e-400",
        "1e39", "1e-39", "1e40", "123456789e-5",
        "1e9223372036854775807", "1e-9223372036854775808", "1e9223372036854775808",
        "0e-9223372036854775808", "1e2147483648", "1e+00000000000000000002",
        "99999999999999999999999999999999999999", "0.99999999999999999999999999999999999999",
        "1.7976931348623157e308", "4.9e-324",
    ]

    /// What looks like a number to some reader and is none to JSON.
    package static let almostNumbers = [
        "", " ", "-", "+", ".", "1.", ".5", "+1", "01", "-01", "1,000", "1_000", "1 000", "0x10",
        "1e", "1e+", "NaN", "nan", "Infinity", "-Infinity", "null", "true", "1.2.3", "--1",
        "\u{0661}\u{0662}", "\u{FF11}", "1\u{0}", "\u{20B9}100", "1/2", "12e3.4",
    ]

    /// Dates that no calendar has, and those at the edges of what one has.
    package static let times = [
        "2026-11-20 10:00:00", "2026-02-30 10:00:00", "0001-01-01 00:00:00", "0000-00-00 00:00:00",
        "9999-12-31 23:59:59", "2026-13-01 00:00:00", "2026-11-20 24:60:60", "1980-01-01 00:00:00",
        "2026-11-20T10:00:00+05:30", "2026-11-20T10:00:00.999999999Z", "2026-11-20T10:00:00-23:59",
        "-2026-11-20 10:00:00", "99999999999-01-01 00:00:00", "2026-11-20", "03-Aug-2017 15:03:42",
        "03-Xyz-2017 15:03:42", "2026-11-20 10:00", "2024-02-29 00:00:00", "2100-02-29 00:00:00",
    ]

    /// Texts that end a line, a query, a path, a statement or a string early.
    package static let words = [
        "\u{0}", "a\u{0}b", "\r\nX-Injected: yes", "\n", "\t", "\u{1B}[2J", "\u{7F}", "\u{85}",
        "\u{2028}", "\u{202E}gpj", "\u{FEFF}", "e\u{301}\u{301}\u{301}", "\u{1F4A5}", "\u{10FFFF}",
        "'; DROP TABLE client; --", "\" OR 1=1", "%00", "%", "%2e%2e%2f", "../../etc/passwd",
        "{{7*7}}", "${jndi:ldap://127.0.0.1/}", "<script>alert(1)</script>", "=1+1", "@SUM(A1)",
        "http://169.254.169.254/", "file:///etc/passwd", "a,b", "a;b", "a|b", "NSE_EQ|", "|", ",",
        "\"", "\\", "\\u0000", "\"\"", "BUY", "SELL", "all", "ALL", "-", "_", "vk_", "Bearer ",
        String(repeating: "A", count: 5_000), String(repeating: "\u{20B9}", count: 300),
        String(repeating: "9", count: 400),
    ]

    /// All of them.
    package static let all = numbers + almostNumbers + times + words

    /// Bytes that are no text, and text that is too much of one thing.
    static let bytes: [[UInt8]] =
        [
            [0x00], [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0x80],
            [0xE2, 0x82], [0xEF, 0xBB, 0xBF], [0x1F, 0x8B], [0x0D, 0x0A], [0x0A, 0x0A],
            Array(repeating: UInt8(ascii: "["), count: 2_000),
            Array(repeating: UInt8(ascii: "{"), count: 300),
            Array(String(repeating: "{\"a\":", count: 300).utf8),
            Array("\\ud800".utf8), Array("\\udc00\\ud800".utf8), Array("\\u00".utf8),
            Array("\"".utf8), Array("\\".utf8), Array(",".utf8), Array(":".utf8),
            Array("}".utf8), Array("]".utf8),
        ] + all.map { Array($0.utf8) }
}
