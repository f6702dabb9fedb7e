/// What one broker takes for an executed order, and for shares that leave the depository.
///
/// Sources: the brokers' pages as charges.md §2 gives them (DHAN, ZER, UPX, GRW; read up to
/// 2026-11-20). A change becomes a second row with its date.
package struct BrokerageRates: Sendable {
    /// A flat fee, or a part of the turnover where that is lower; never below the least.
    struct Fee: Sendable {
        let flat: Money
        let part: ChargeRate?
        let least: Money

        static let free = Fee(flat: .zero, part: nil, least: .zero)

        /// So many rupees an order, or the part in percent where that is lower.
        static func rupees(_ flat: Int64, or part: ChargeRate? = nil, least: Int64 = 0) -> Fee {
            Fee(
                flat: Money(paise: flat * 100),
                part: part,
                least: Money(paise: least * 100)
            )
        }

        func charge(on turnover: Money) -> Money {
            let lower = part.map { min(flat, $0.charge(on: turnover)) } ?? flat
            return max(lower, least)
        }
    }

    let delivery: Fee
    let intraday: Fee
    let futures: Fee
    let options: Fee
    let marginFunding: Fee
    /// For each sale out of the depository, before tax.
    let depository: Money

    func fee(_ segment: TradeSegment, isMarginFunding: Bool) -> Fee {
        switch segment {
        case .delivery: isMarginFunding ? marginFunding : delivery
        case .intraday: intraday
        case .futures: futures
        case .options: options
        }
    }

    /// A broker's rates; the paper broker charges nothing.
    static func of(_ broker: BrokerName) -> BrokerageRates {
        switch broker {
        case .dhan: dhan
        case .zerodha: zerodha
        case .upstox: upstox
        case .groww: groww
        case .paper: paper
        }
    }

    private static let dhan = BrokerageRates(
        delivery: .free,
        intraday: .rupees(20, or: "0.03"),
        futures: .rupees(20, or: "0.03"),
        options: .rupees(20),
        marginFunding: .rupees(20, or: "0.03"),
        depository: Money(paise: 1_250)
    )
    private static let zerodha = BrokerageRates(
        delivery: .free,
        intraday: .rupees(20, or: "0.03"),
        futures: .rupees(20, or: "0.03"),
        options: .rupees(20),
        marginFunding: .rupees(20, or: "0.3"),
        depository: Money(paise: 1_300)
    )
    private static let upstox = BrokerageRates(
        delivery: .rupees(20),
        intraday: .rupees(20, or: "0.1"),
        futures: .rupees(20, or: "0.05"),
        options: .rupees(20),
        marginFunding: .rupees(20, or: "0.1"),
        depository: Money(paise: 1_850)
    )
    private static let groww = BrokerageRates(
        delivery: .rupees(20, or: "0.1", least: 5),
        intraday: .rupees(20, or: "0.1", least: 5),
        futures: .rupees(20),
        options: .rupees(20),
        marginFunding: .rupees(20, or: "0.1", least: 5),
        depository: Money(paise: 2_000)
    )
    private static let paper = BrokerageRates(
        delivery: .free,
        intraday: .free,
        futures: .free,
        options: .free,
        marginFunding: .free,
        depository: .zero
    )
}
