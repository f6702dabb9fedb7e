import Testing
import Trading

@Suite struct ChargesTests {
    private func order(
        _ side: Side,
        _ segment: TradeSegment,
        on day: String = "2026-11-23",
        broker: BrokerName = .zerodha,
        exchange: ExchangeName = .nse,
        isMarginFunding: Bool = false
    ) throws -> Charges.Order {
        Charges.Order(
            side: side,
            segment: segment,
            isMarginFunding: isMarginFunding,
            exchange: exchange,
            broker: broker,
            day: try #require(CalendarDay(day))
        )
    }

    struct Golden: Sendable {
        let side: Side
        let segment: TradeSegment
        let turnover: String
        /// Brokerage, tax, exchange, protection fund, regulator, stamp, GST, and all together.
        let lines: [String]
    }

    /// The table of charges.md §3, at the rates from 1 April 2026.
    @Test(
        "Every line of the golden table comes out to the paisa",
        arguments: [
            Golden(
                side: .buy,
                segment: .delivery,
                turnover: "100000",
                lines: ["0", "100", "2.97", "0.10", "0.10", "15", "0.57", "118.74"]
            ),
            Golden(
                side: .buy,
                segment: .intraday,
                turnover: "100000",
                lines: ["20", "0", "2.97", "0.10", "0.10", "3", "4.17", "30.34"]
            ),
            Golden(
                side: .sell,
                segment: .intraday,
                turnover: "100000",
                lines: ["20", "25", "2.97", "0.10", "0.10", "0", "4.17", "52.34"]
            ),
            Golden(
                side: .buy,
                segment: .futures,
                turnover: "1875000",
                lines: ["20", "0", "32.44", "1.88", "1.88", "37.50", "10.12", "103.82"]
            ),
            Golden(
                side: .sell,
                segment: .futures,
                turnover: "1875000",
                lines: ["20", "938", "32.44", "1.88", "1.88", "0", "10.12", "1004.32"]
            ),
            Golden(
                side: .buy,
                segment: .options,
                turnover: "15000",
                lines: ["20", "0", "5.25", "0.08", "0.02", "0.45", "4.56", "30.36"]
            ),
            Golden(
                side: .sell,
                segment: .options,
                turnover: "15000",
                lines: ["20", "23", "5.25", "0.08", "0.02", "0", "4.56", "52.91"]
            ),
        ]
    )
    func golden(_ row: Golden) throws {
        let charges = Charges(
            of: try order(row.side, row.segment),
            turnover: try rupees(row.turnover)
        )
        let found = [
            charges.brokerage, charges.stt, charges.exchange, charges.ipft, charges.sebi,
            charges.stampDuty, charges.gst, charges.total,
        ]
        #expect(found == (try row.lines.map { try rupees($0) }))
        #expect(charges.depository == .zero)
    }

    @Test("A delivery sale pays the depository, with tax on it, which intraday does not")
    func depository() throws {
        let charges = Charges(of: try order(.sell, .delivery), turnover: try rupees("100000"))
        // 103.74 without it; Zerodha takes 13 and GST, 15.34 in all.
        #expect(charges.depository == (try rupees("13")))
        #expect(charges.total == (try rupees("119.08")))
    }

    @Test("A trade of a past day costs what it cost then")
    func dated() throws {
        let turnover = try rupees("1875000")
        let before = Charges(of: try order(.sell, .futures, on: "2026-03-31"), turnover: turnover)
        let after = Charges(of: try order(.sell, .futures, on: "2026-04-01"), turnover: turnover)
        #expect(before.stt == (try rupees("375")))
        #expect(after.stt == (try rupees("938")))
    }

    @Test(
        "Each broker takes its own brokerage",
        arguments: [
            (BrokerName.dhan, TradeSegment.delivery, false, "100000", "0"),
            (.dhan, .delivery, true, "100000", "20"), (.dhan, .intraday, false, "10000", "3"),
            (.zerodha, .delivery, true, "5000", "15"), (.upstox, .delivery, false, "100", "20"),
            (.upstox, .intraday, false, "10000", "10"), (.groww, .delivery, false, "1000", "5"),
            (.groww, .delivery, false, "15000", "15"), (.groww, .intraday, false, "90000", "20"),
            (.paper, .intraday, false, "90000", "0"),
        ]
    )
    func brokerage(
        broker: BrokerName,
        segment: TradeSegment,
        isMarginFunding: Bool,
        turnover: String,
        expected: String
    ) throws {
        let order = try order(
            .buy,
            segment,
            broker: broker,
            isMarginFunding: isMarginFunding
        )
        #expect(
            Charges(of: order, turnover: try rupees(turnover)).brokerage == (try rupees(expected))
        )
    }

    @Test("Paper trades and trades of nothing cost nothing")
    func nothing() throws {
        #expect(
            Charges(of: try order(.sell, .delivery, broker: .paper), turnover: try rupees("1000"))
                .total == .zero
        )
        #expect(Charges(of: try order(.sell, .delivery), turnover: .zero).total == .zero)
    }

    @Test("The BSE asks its own charge and has no protection fund of the NSE")
    func exchanges() throws {
        let charges = Charges(
            of: try order(.buy, .delivery, exchange: .bse),
            turnover: try rupees("100000")
        )
        #expect(charges.exchange == (try rupees("3.75")))
        #expect(charges.ipft == .zero)
    }

    @Test("The sum of two is the sum of every line")
    func sums() throws {
        let buy = Charges(of: try order(.buy, .intraday), turnover: try rupees("100000"))
        let sell = Charges(of: try order(.sell, .intraday), turnover: try rupees("100000"))
        #expect((buy + sell).total == buy.total + sell.total)
        #expect((buy + sell).stt == (try rupees("25")))
    }
}
