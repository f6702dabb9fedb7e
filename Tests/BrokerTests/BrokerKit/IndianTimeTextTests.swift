import BrokerKit
import Testing
import Trading

@Suite("Indian time in text")
struct IndianTimeTextTests {
    @Test(
        "Text in Indian time is a moment",
        arguments: [
            ("2021-11-24 13:33:03", 1_637_740_983), ("2026-01-01 00:00:00", 1_767_205_800),
            ("2024-02-29 00:00:00", 1_709_145_000), ("2000-02-29 23:59:59", 951_848_999),
            ("2199-12-31 23:59:59", 7_258_098_599), ("2026-11-20T10:00:02", 1_795_149_002),
            ("2026-11-20T10:00:02.123", 1_795_149_002), ("2026-11-20 10:00:02.0", 1_795_149_002),
        ] as [(String, Int64)]
    )
    func moments(text: String, seconds: Int64) {
        #expect(IndianTimeText.parse(text) == Timestamp(microseconds: seconds * 1_000_000))
    }

    @Test(
        "Anything else is none, and breaks nothing",
        arguments: [
            "", "now", "2026-11-20", "2026-11-20 10:00", "2026-13-01 00:00:00",
            "2026-00-01 00:00:00", "2026-01-00 00:00:00", "2026-01-32 00:00:00",
            "2026-02-29 00:00:00", "2100-02-29 00:00:00", "2026-04-31 00:00:00",
            "2026-01-01 24:00:00", "2026-01-01 00:60:00", "2026-01-01 00:00:60",
            "0001-01-01 00:00:00", "1980-01-01 00:00:00", "999999999-1-1 1:1:1",
            "9999999999999999999", "99-99-99 99:99:99", "२०२६-११-२० १०:००:००", "-1-1-1 1:1:1",
        ]
    )
    func nothing(text: String) {
        #expect(IndianTimeText.parse(text) == nil)
    }
}
