/// A part of an exchange in which token numbers are unique.
package enum Segment: UInt8, Sendable, CaseIterable {
    case nseEquity, nseDerivatives, nseCurrency, bseEquity, bseDerivatives, bseCurrency, commodity

    package var isEquity: Bool { self == .nseEquity || self == .bseEquity }
}

/// What an instrument is found by: the exchange's own number for it, within its segment.
package struct InstrumentKey: Hashable, Sendable {
    package let segment: Segment
    package let token: Int

    package init(segment: Segment, token: Int) {
        self.segment = segment
        self.token = token
    }
}

/// What makes an option an option.
package struct OptionTerms: Sendable, Equatable {
    package let isCall: Bool
    package let strike: Rupees
    /// `2026-11-24`.
    package let expiry: String
    package let underlying: String
    package let underlyingToken: Int
}

/// Something that can be traded, and the exchange's rules for it.
package struct Instrument: Sendable {
    package let key: InstrumentKey
    package let symbol: String
    package let name: String
    package let isin: String
    package let series: String
    package let lot: Int64
    package let tick: Rupees
    /// One order may not be larger than this.
    package let freezeQuantity: Int64
    /// How far a price may move in a day from the previous close, each way.
    package let circuitBasisPoints: Int64
    package let option: OptionTerms?
    package var previousClose: Rupees

    package init(
        key: InstrumentKey,
        symbol: String,
        name: String,
        isin: String,
        series: String = "EQ",
        lot: Int64 = 1,
        tick: Rupees,
        freezeQuantity: Int64,
        circuitBasisPoints: Int64 = 2_000,
        previousClose: Rupees,
        option: OptionTerms? = nil
    ) {
        self.key = key
        self.symbol = symbol
        self.name = name
        self.isin = isin
        self.series = series
        self.lot = lot
        self.tick = tick
        self.freezeQuantity = freezeQuantity
        self.circuitBasisPoints = circuitBasisPoints
        self.previousClose = previousClose
        self.option = option
    }

    package var lowerCircuit: Rupees {
        let lowest = previousClose - previousClose.part(basisPoints: circuitBasisPoints)
        return max(lowest.roundedUp(to: tick), tick)
    }

    package var upperCircuit: Rupees {
        let highest = previousClose + previousClose.part(basisPoints: circuitBasisPoints)
        return max(highest.roundedDown(to: tick), lowerCircuit)
    }

    /// The tick that the exchange sets for a share of this price (NSE's table of April 2025).
    package static func tick(for price: Rupees) -> Rupees {
        switch price {
        case ..<Rupees(250): Rupees(tenThousandths: 100)
        case ..<Rupees(1_001): Rupees(tenThousandths: 500)
        case ..<Rupees(5_001): Rupees(tenThousandths: 1_000)
        case ..<Rupees(10_001): Rupees(tenThousandths: 5_000)
        case ..<Rupees(20_001): Rupees(1)
        default: Rupees(5)
        }
    }
}
