/// What brokers take a day for money lent (MTF), as dated data.
///
/// Sources: the brokers' pages as charges.md §6 gives them (DHAN, ZER, UPX, GRW; read up to
/// 2026-11-20). A change becomes a second row with its date.
package struct MarginInterest: Sendable {
    package let from: CalendarDay
    package let source: String
    /// The whole amount at the rate of the first step that it does not exceed.
    let steps: [(upTo: Money, daily: ChargeRate)]
    /// Lent money is charged in whole blocks of so much; nil: to the paisa.
    let block: Money?
    /// Whether the day on which the money was lent is free.
    package let firstDayIsFree: Bool

    /// A broker's terms on a day; nil where it lends nothing, as the paper broker.
    package static func of(_ broker: BrokerName, on day: CalendarDay) -> MarginInterest? {
        rows(of: broker).last { $0.from <= day }
    }

    /// A day's interest on what is lent: the daily rate, and the amount rounded half up to the
    /// paisa.
    package func charge(on lent: Money) -> (rate: ChargeRate, amount: Money) {
        let rate = steps.first { lent <= $0.upTo }?.daily ?? .zero
        guard let block else { return (rate, rate.charge(on: lent)) }
        let blocks = (lent.paise + block.paise - 1) / block.paise
        return (rate, rate.charge(on: Money(paise: blocks * block.paise)))
    }

    private static func rows(of broker: BrokerName) -> [MarginInterest] {
        switch broker {
        case .dhan: dhan
        case .zerodha: zerodha
        case .upstox: upstox
        case .groww: groww
        case .paper: []
        }
    }

    private static let dhan = [
        MarginInterest(
            from: known,
            source: "DHAN",
            steps: [
                (lakh(5), yearly("12.49")), (lakh(10), yearly("13.49")),
                (lakh(25), yearly("14.49")), (lakh(50), yearly("15.49")),
                (.unpayable, yearly("16.49")),
            ],
            block: nil,
            firstDayIsFree: false
        )
    ]
    private static let zerodha = [
        MarginInterest(
            from: known,
            source: "ZER",
            steps: [(.unpayable, "0.04")],
            block: nil,
            firstDayIsFree: true
        )
    ]
    private static let upstox = [
        // ₹20 a day for each ₹40,000 begun.
        MarginInterest(
            from: known,
            source: "UPX",
            steps: [(.unpayable, "0.05")],
            block: Money(paise: 4_000_000),
            firstDayIsFree: false
        )
    ]
    private static let groww = [
        MarginInterest(
            from: known,
            source: "GRW",
            steps: [(lakh(25), "0.043"), (.unpayable, "0.027")],
            block: nil,
            firstDayIsFree: false
        )
    ]

    /// Since when the pages are known to say so; before it the same rates are taken.
    private static let known = CalendarDay(number: 0)

    private static func lakh(_ count: Int64) -> Money { Money(paise: count * 10_000_000) }

    /// A 365th of a yearly rate, rounded to the nearest billionth.
    private static func yearly(_ rate: ChargeRate) -> ChargeRate {
        ChargeRate(raw: (rate.raw + 182) / 365)
    }
}
