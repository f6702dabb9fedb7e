extension ExchangeName {
    /// Whether shares are traded in this series, as the exchange calls its groups of instruments.
    ///
    /// Bonds, rights, warrants and the like have series of their own and stay out. NSE: EQ rolling
    /// settlement, BE and BZ trade for trade, SM, ST and SZ small companies. BSE: its groups of
    /// shares and funds; `EQ` too, since some brokers write it for both exchanges.
    package func tradesShares(inSeries series: String) -> Bool {
        switch self {
        case .nse: ["EQ", "BE", "BZ", "SM", "ST", "SZ"].contains(series)
        case .bse:
            [
                "EQ", "A", "B", "E", "M", "MS", "MT", "P", "R", "T", "TS", "X", "XT", "Z", "ZP",
            ].contains(series)
        }
    }
}
