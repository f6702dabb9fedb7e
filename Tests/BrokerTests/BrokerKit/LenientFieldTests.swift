import BrokerKit
import JSON
import Testing
import Trading

@Suite("Lenient fields")
struct LenientFieldTests {
    private func value(_ field: String) throws -> JSONValue {
        try JSONValue(parsing: #"{"x":\#(field)}"#)
    }

    @Test(
        "Text is text, or a number as it was written",
        arguments: [
            (#""abc""#, "abc"), ("7", "7"), ("2950.50", "2950.50"), ("\"\"", nil), ("null", nil),
            ("true", nil), ("[]", nil), ("{}", nil),
        ] as [(String, String?)]
    )
    func texts(field: String, text: String?) throws {
        #expect(try value(field).text("x") == text)
        #expect(try value(field).text("y") == nil)
    }

    @Test(
        "Whole numbers come as numbers or text, perhaps with zeros behind the point",
        arguments: [
            ("5", 5), (#""5""#, 5), ("5.0", 5), (#""5.000""#, 5), ("-3", -3), ("1.0E7", 10_000_000),
            ("0", 0), ("5.5", nil), (#""five""#, nil), (#""""#, nil), ("null", nil),
            ("9223372036854775808", nil), ("1e400", nil),
        ] as [(String, Int64?)]
    )
    func wholeNumbers(field: String, number: Int64?) throws {
        #expect(try value(field).wholeNumber("x") == number)
        let quantity = try value(field).quantity("x")
        #expect(quantity?.raw == number.flatMap { $0 >= 0 ? $0 : nil })
    }

    @Test(
        "Prices are cut to four decimals; zero and below is no price",
        arguments: [
            ("2950.5", 29_505_000), (#""2950.50""#, 29_505_000), ("0.05", 500), ("7", 70_000),
            ("2950.123456789", 29_501_234), ("2950.99999", 29_509_999), ("1.2345678E3", 12_345_678),
            ("5.0E-2", 500), ("0", nil), ("0.0", nil), ("0.00001", nil), ("-1.5", nil),
            ("null", nil), (#""NA""#, nil), (#""""#, nil), ("1e30", nil), ("1e99999", nil),
            (#""1.2.3""#, nil), (#""1,234.50""#, nil), ("100000000", nil),
        ] as [(String, Int64?)]
    )
    func prices(field: String, raw: Int64?) throws {
        #expect(try value(field).price("x")?.raw == raw)
    }

    @Test(
        "Amounts are cut to the paisa, also those that Java writes with an exponent",
        arguments: [
            ("98440.0", 9_844_000), (#""98440.00""#, 9_844_000), ("98440", 9_844_000),
            ("0", 0), ("0.0", 0), ("-250.75", -25_075), ("12.349", 1_234), ("-12.349", -1_234),
            ("1.2345678E7", 1_234_567_800), ("1.2345678919E7", 1_234_567_891),
            ("-1.5e7", -1_500_000_000), ("1E9", 100_000_000_000), ("1.5E-1", 15), ("9.9E-4", 0),
            ("1E-30", 0), ("1E30", nil), ("1E99999999999999999999", nil), ("null", nil),
            (#""NA""#, nil), (#""1.2E""#, nil), (#""E7""#, nil), (#""-""#, nil),
        ] as [(String, Int64?)]
    )
    func amounts(field: String, paise: Int64?) throws {
        #expect(try value(field).money("x")?.paise == paise)
    }
}
