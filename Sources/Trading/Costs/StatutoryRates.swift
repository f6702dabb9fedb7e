/// Taxes and charges of the state, the exchanges and the regulator from one day on.
///
/// A change is a new row, never a change of an old one: what a trade of a past day cost stays what
/// it was. Sources: charges.md §1 (BUD24: circulars on charges from 1 October 2024; BUD26: the
/// budget of 2026; ZER: zerodha.com/charges as read 2026-09-01).
package struct StatutoryRates: Sendable {
    package let from: CalendarDay
    package let source: String
    /// Securities transaction tax on purchases and sales.
    let stt: [TradeSegment: (buy: ChargeRate, sell: ChargeRate)]
    /// The exchange's charge on each side.
    let exchange: [ExchangeName: [TradeSegment: ChargeRate]]
    /// The investor protection fund of the NSE, on each side.
    let ipft: [TradeSegment: ChargeRate]
    /// The regulator's turnover fee, on each side.
    let sebi: ChargeRate
    /// Stamp duty, on purchases.
    let stamp: [TradeSegment: ChargeRate]
    /// On brokerage, exchange charge, regulator's fee, protection fund and depository charge.
    let gst: ChargeRate

    /// The rates of a day; those of the earliest row before it.
    package static func on(_ day: CalendarDay) -> StatutoryRates {
        all.last { $0.from <= day } ?? all[0]
    }

    /// Oldest first.
    package static let all: [StatutoryRates] = [
        StatutoryRates(
            from: date(2024, 10, 1),
            source: "BUD24",
            stt: [
                .delivery: ("0.1", "0.1"), .intraday: ("0", "0.025"), .futures: ("0", "0.02"),
                .options: ("0", "0.1"),
            ]
        ),
        StatutoryRates(
            from: date(2026, 4, 1),
            source: "BUD26, ZER",
            stt: [
                .delivery: ("0.1", "0.1"), .intraday: ("0", "0.025"), .futures: ("0", "0.05"),
                .options: ("0", "0.15"),
            ]
        ),
    ]

    /// A row in which only the tax is new.
    private init(
        from: CalendarDay,
        source: String,
        stt: [TradeSegment: (buy: ChargeRate, sell: ChargeRate)]
    ) {
        self.from = from
        self.source = source
        self.stt = stt
        exchange = [
            .nse: [
                .delivery: "0.00297", .intraday: "0.00297", .futures: "0.00173",
                .options: "0.03503",
            ],
            // Groups A and B, which most shares are in; options on the Sensex.
            .bse: [
                .delivery: "0.00375", .intraday: "0.00375", .futures: "0", .options: "0.0325",
            ],
        ]
        ipft = [
            .delivery: "0.0001", .intraday: "0.0001", .futures: "0.0001", .options: "0.0005",
        ]
        sebi = "0.0001"
        stamp = [
            .delivery: "0.015", .intraday: "0.003", .futures: "0.002", .options: "0.003",
        ]
        gst = "18"
    }

    private static func date(_ year: Int, _ month: Int, _ day: Int) -> CalendarDay {
        guard let found = CalendarDay(year: year, month: month, day: day) else {
            preconditionFailure("there is no such day")
        }
        return found
    }
}
