extension Instrument {
    /// What the simulated exchange lists unless told otherwise.
    ///
    /// Tokens and ISINs are those of the real NSE; prices are made up, of the right order of size.
    /// Freeze quantities of shares are made up too: the exchange sets them by share of the company.
    package static let listed: [Instrument] = shares + options

    private static let shares: [Instrument] = [
        share(2885, "RELIANCE", "Reliance Industries", "INE002A01018", "2950.00", 100_000),
        share(11536, "TCS", "Tata Consultancy Services", "INE467B01029", "3950.00", 75_000),
        share(1333, "HDFCBANK", "HDFC Bank", "INE040A01034", "1430.00", 200_000),
        share(1594, "INFY", "Infosys", "INE009A01021", "1560.00", 200_000),
        share(4963, "ICICIBANK", "ICICI Bank", "INE090A01021", "1385.00", 200_000),
        share(3045, "SBIN", "State Bank of India", "INE062A01020", "960.00", 300_000),
        share(10604, "BHARTIARTL", "Bharti Airtel", "INE397D01024", "2090.00", 120_000),
        share(1660, "ITC", "ITC", "INE154A01025", "408.00", 500_000),
        share(1922, "KOTAKBANK", "Kotak Mahindra Bank", "INE237A01028", "2085.00", 120_000),
        share(11483, "LT", "Larsen & Toubro", "INE018A01030", "4010.00", 75_000),
        share(5900, "AXISBANK", "Axis Bank", "INE238A01034", "1245.00", 200_000),
        share(1394, "HINDUNILVR", "Hindustan Unilever", "INE030A01027", "2430.00", 100_000),
        share(10999, "MARUTI", "Maruti Suzuki India", "INE585B01010", "15850.00", 15_000),
        share(236, "ASIANPAINT", "Asian Paints", "INE021A01026", "2880.00", 100_000),
        share(
            3351,
            "SUNPHARMA",
            "Sun Pharmaceutical Industries",
            "INE044A01036",
            "1765.00",
            150_000
        ),
        share(3506, "TITAN", "Titan Company", "INE280A01028", "3880.00", 75_000),
        share(11532, "ULTRACEMCO", "UltraTech Cement", "INE481G01011", "11760.00", 20_000),
        share(3787, "WIPRO", "Wipro", "INE075A01022", "244.00", 800_000),
        share(17963, "NESTLEIND", "Nestle India", "INE239A01024", "1270.00", 200_000),
        share(3499, "TATASTEEL", "Tata Steel", "INE081A01020", "172.00", 1_200_000),
        share(14977, "POWERGRID", "Power Grid Corporation", "INE752E01010", "276.00", 700_000),
        share(11630, "NTPC", "NTPC", "INE733E01010", "327.00", 600_000),
        share(2475, "ONGC", "Oil and Natural Gas Corporation", "INE213A01029", "248.00", 800_000),
        share(20374, "COALINDIA", "Coal India", "INE522F01014", "381.00", 500_000),
        share(7229, "HCLTECH", "HCL Technologies", "INE860A01027", "1655.00", 150_000),
        share(13538, "TECHM", "Tech Mahindra", "INE669C01036", "1450.00", 150_000),
        share(25, "ADANIENT", "Adani Enterprises", "INE423A01024", "2465.00", 100_000),
        share(15083, "ADANIPORTS", "Adani Ports and SEZ", "INE742F01042", "1490.00", 150_000),
        share(11723, "JSWSTEEL", "JSW Steel", "INE019A01038", "1165.00", 200_000),
        share(1232, "GRASIM", "Grasim Industries", "INE047A01021", "2740.00", 100_000),
        share(694, "CIPLA", "Cipla", "INE059A01026", "1520.00", 150_000),
        share(881, "DRREDDY", "Dr. Reddy's Laboratories", "INE089A01031", "1245.00", 200_000),
        share(910, "EICHERMOT", "Eicher Motors", "INE066A01021", "7150.00", 40_000),
        share(1348, "HEROMOTOCO", "Hero MotoCorp", "INE158A01026", "5820.00", 50_000),
        share(547, "BRITANNIA", "Britannia Industries", "INE216A01030", "5830.00", 50_000),
        share(526, "BPCL", "Bharat Petroleum", "INE029A01011", "365.00", 500_000),
        share(5258, "INDUSINDBK", "IndusInd Bank", "INE095A01012", "845.00", 300_000),
        share(2031, "M&M", "Mahindra & Mahindra", "INE101A01026", "3710.00", 75_000),
        share(14366, "IDEA", "Vodafone Idea", "INE669E01016", "10.00", 20_000_000),
        share(11915, "YESBANK", "Yes Bank", "INE528G01035", "22.50", 9_000_000),
    ]

    /// Made-up contracts under the two numbers that the captured requests of the official SDK use.
    private static let options: [Instrument] = [
        option(52175, strike: "26000", isCall: true, "12.50"),
        option(49081, strike: "25800", isCall: false, "46.00"),
    ]

    private static func share(
        _ token: Int,
        _ symbol: String,
        _ name: String,
        _ isin: String,
        _ close: String,
        _ freezeQuantity: Int64
    ) -> Instrument {
        let price = Rupees(decimal: close) ?? .zero
        return Instrument(
            key: InstrumentKey(segment: .nseEquity, token: token),
            symbol: symbol,
            name: name,
            isin: isin,
            tick: tick(for: price),
            freezeQuantity: freezeQuantity,
            previousClose: price
        )
    }

    private static func option(
        _ token: Int,
        strike: String,
        isCall: Bool,
        _ close: String
    ) -> Instrument {
        let letters = isCall ? "CE" : "PE"
        return Instrument(
            key: InstrumentKey(segment: .nseDerivatives, token: token),
            symbol: "NIFTY-Nov2026-\(strike)-\(letters)",
            name: "NIFTY 24 NOV \(strike) \(isCall ? "CALL" : "PUT")",
            isin: "NA",
            series: "NA",
            lot: 75,
            tick: Rupees(tenThousandths: 500),
            freezeQuantity: 1_800,
            circuitBasisPoints: 9_000,
            previousClose: Rupees(decimal: close) ?? .zero,
            option: OptionTerms(
                isCall: isCall,
                strike: Rupees(decimal: strike) ?? .zero,
                expiry: "2026-11-24",
                underlying: "NIFTY",
                underlyingToken: 13
            )
        )
    }
}
