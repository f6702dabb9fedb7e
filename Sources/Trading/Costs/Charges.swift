/// What one executed order costs beside its price, line by line.
///
/// An estimate: brokers round the tax on a day's sum and differ by paise. Formula and golden
/// numbers: charges.md §3.
package struct Charges: Sendable, Equatable {
    package var brokerage = Money.zero
    /// Securities transaction tax.
    package var stt = Money.zero
    /// The exchange's transaction charge.
    package var exchange = Money.zero
    /// The exchange's investor protection fund.
    package var ipft = Money.zero
    /// The regulator's turnover fee.
    package var sebi = Money.zero
    package var stampDuty = Money.zero
    /// The depository's, for shares sold out of it.
    package var depository = Money.zero
    package var gst = Money.zero

    package init() {}

    /// All lines.
    package var total: Money {
        brokerage + stt + exchange + ipft + sebi + stampDuty + depository + gst
    }

    package static func + (left: Charges, right: Charges) -> Charges {
        var sum = Charges()
        sum.brokerage = left.brokerage + right.brokerage
        sum.stt = left.stt + right.stt
        sum.exchange = left.exchange + right.exchange
        sum.ipft = left.ipft + right.ipft
        sum.sebi = left.sebi + right.sebi
        sum.stampDuty = left.stampDuty + right.stampDuty
        sum.depository = left.depository + right.depository
        sum.gst = left.gst + right.gst
        return sum
    }
}

extension Charges {
    /// What an order is, as far as it is charged.
    package struct Order: Sendable, Equatable {
        package let side: Side
        package let segment: TradeSegment
        package let isMarginFunding: Bool
        package let exchange: ExchangeName
        package let broker: BrokerName
        package let day: CalendarDay

        package init(
            side: Side,
            segment: TradeSegment,
            isMarginFunding: Bool = false,
            exchange: ExchangeName,
            broker: BrokerName,
            day: CalendarDay
        ) {
            self.side = side
            self.segment = segment
            self.isMarginFunding = isMarginFunding
            self.exchange = exchange
            self.broker = broker
            self.day = day
        }

        /// An order of these terms at a broker.
        package init(_ terms: OrderTerms, broker: BrokerName, day: CalendarDay) {
            self.init(
                side: terms.side,
                segment: TradeSegment(terms.product),
                isMarginFunding: terms.product == .marginFunding,
                exchange: terms.instrument.exchange,
                broker: broker,
                day: day
            )
        }
    }

    /// What the order costs where it is filled whole for so much (the premium, for options).
    ///
    /// Each line is rounded half up to the paisa, the transaction tax to the rupee. The paper
    /// broker pays nothing, since nothing is traded.
    package init(of order: Order, turnover: Money) {
        guard turnover > .zero, order.broker != .paper else { return }
        let rates = StatutoryRates.on(order.day)
        let broker = BrokerageRates.of(order.broker)
        let segment = order.segment
        let isSale = order.side == .sell
        brokerage = broker.fee(segment, isMarginFunding: order.isMarginFunding)
            .charge(on: turnover)
        if let tax = rates.stt[segment] {
            stt = (isSale ? tax.sell : tax.buy).charge(on: turnover).wholeRupees
        }
        exchange = (rates.exchange[order.exchange]?[segment] ?? .zero).charge(on: turnover)
        if order.exchange == .nse {
            ipft = (rates.ipft[segment] ?? .zero).charge(on: turnover)
        }
        sebi = rates.sebi.charge(on: turnover)
        if !isSale { stampDuty = (rates.stamp[segment] ?? .zero).charge(on: turnover) }
        if isSale, segment == .delivery { depository = broker.depository }
        gst = rates.gst.charge(on: brokerage + exchange + ipft + sebi + depository)
    }
}
