import Foundation
import Testing

@testable import bench

/// What the measuring program reckons with must be right, or its tables are not.
@Suite("Figures of measurements") struct FigureTests {
    private static let percentileCases: [(percent: Int, values: [Double], expected: Double)] = [
        (50, [3, 1, 2], 2), (50, [1, 2, 3, 4], 2), (99, (1...100).map { Double($0) }, 99),
        (99, (1...200).map { Double($0) }, 198), (100, [1, 5], 5), (99, [7], 7), (90, [], 0),
    ]

    @Test(
        "A percentile is the smallest value that no less than so many percent reach",
        arguments: percentileCases
    )
    func percentiles(percent: Int, values: [Double], expected: Double) {
        #expect(Sample(values).percentile(percent) == expected)
    }

    private static let textCases: [(value: Double, decimals: Int, expected: String)] = [
        (1_234_567.4, 0, "1,234,567"), (999.5, 0, "1,000"), (0.0456, 3, "0.046"),
        (1_000_000, 0, "1,000,000"), (12.999, 2, "13.00"), (-1_234.5, 1, "-1,234.5"),
        (-0.001, 1, "0.0"), (1_002_003, 0, "1,002,003"), (.infinity, 0, "–"),
    ]

    @Test("Numbers are written with so many decimals, thousands apart", arguments: textCases)
    func texts(value: Double, decimals: Int, expected: String) {
        #expect(value.text(decimals) == expected)
    }

    @Test("The sandbox's times are read to the microsecond, in any month and leap year")
    func times() throws {
        let reader = ISO8601DateFormatter()
        reader.timeZone = TimeZone(secondsFromGMT: 19_800)
        for days in stride(from: 0, to: 20_000, by: 13) {
            let date = Date(timeIntervalSince1970: Double(days * 86_400 + days % 86_400))
            let text = reader.string(from: date)
            let exact = text.dropLast(6) + ".000250+05:30"
            let expected = Int64(date.timeIntervalSince1970) * 1_000_000 + 250
            try #require(ClockText.microseconds(String(exact)) == expected, "\(exact)")
        }
        #expect(ClockText.microseconds("2026-11-23T09:15:00.250000Z") == nil)
        #expect(ClockText.microseconds("yesterday") == nil)
    }

    private static let options = [NumberOption("runs", 3, 1...100), NumberOption("seed", 7, 0...9)]

    @Test("Options take numbers in their range; what is left out is as usual")
    func numbers() throws {
        let numbers = try #require(Numbers(["--seed", "0"], Self.options))
        #expect(numbers["seed"] == 0)
        #expect(numbers["runs"] == 3)
    }

    @Test(
        "What is no such number is refused",
        arguments: [["--runs"], ["--runs", "0"], ["--runs", "x"], ["--walks", "1"], ["3"]]
    )
    func refusals(arguments: [String]) {
        #expect(Numbers(arguments, Self.options) == nil)
    }
}
