import Testing

@testable import Trading

@Suite struct DecimalTextTests {
    @Test(
        "Decimal text is read exactly",
        arguments: [
            ("0", 2, 0), ("1", 2, 100), ("1.5", 2, 150), ("12.34", 2, 1234), ("-12.34", 2, -1234),
            ("0.01", 2, 1), ("00012.30", 2, 1230), ("7.100000", 2, 710), ("3", 0, 3), ("3.0", 0, 3),
            ("0.0025", 4, 25), ("-0", 2, 0),
            ("92233720368547758.07", 2, Int64.max), ("9223372036854775807", 0, Int64.max),
        ] as [(String, Int, Int64)]
    )
    func reads(text: String, decimals: Int, value: Int64) {
        #expect(DecimalText.integer(text, decimals: decimals) == value)
    }

    @Test(
        "Text that is no plain decimal, too exact, or too large is refused",
        arguments: [
            "", " ", "-", ".", "-.", ".5", "5.", "1.234", "0.001", "1e2", "+1", "1,000", "1 000",
            "0x10", "१२", "1.2.3", "--1", "1-", "NaN", "inf", "1.5 ", " 1.5", "1\u{0}",
            "92233720368547758.08", "9223372036854775808", "99999999999999999999999999",
        ]
    )
    func refuses(text: String) {
        #expect(DecimalText.integer(text, decimals: 2) == nil)
    }

    @Test(
        "Scaled integers print with the decimals that are needed",
        arguments: [
            (0, 2, 2, "0.00"), (5, 2, 2, "0.05"), (-5, 2, 2, "-0.05"), (1234, 2, 2, "12.34"),
            (29_500_000, 4, 2, "2950.00"), (29_505_000, 4, 2, "2950.50"), (25, 4, 2, "0.0025"),
            (1250, 2, 0, "12.5"), (2500, 2, 0, "25"), (7, 0, 0, "7"),
            (Int64.min, 2, 2, "-92233720368547758.08"), (Int64.max, 2, 2, "92233720368547758.07"),
        ] as [(Int64, Int, Int, String)]
    )
    func prints(value: Int64, decimals: Int, atLeast: Int, text: String) {
        #expect(DecimalText.text(value, decimals: decimals, atLeast: atLeast) == text)
    }

    @Test("What is printed reads back as it was, for any number and scale")
    func roundTrip() {
        var random = Seeded(seed: 1)
        for _ in 0..<20_000 {
            let value = Int64(truncatingIfNeeded: random.next()) >> Int64(random.next() % 63)
            let decimals = Int(random.next() % 7)
            let atLeast = Int(random.next() % 7)
            let text = DecimalText.text(value, decimals: decimals, atLeast: min(atLeast, decimals))
            guard value > .min else { continue }
            #expect(DecimalText.integer(text, decimals: decimals) == value)
        }
    }
}
