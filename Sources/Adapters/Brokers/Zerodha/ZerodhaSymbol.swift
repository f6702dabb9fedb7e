import Trading

/// Kite's trading symbols: the symbol that every broker has, and NSE's series behind it (kite.md §8).
enum ZerodhaSymbol {
    /// NSE's series in which most shares are; its symbols carry no suffix.
    ///
    /// BSE's shares are said to be in it too, since Kite tells nothing of their groups.
    static let common = "EQ"

    /// Symbol and series of a share; nil where the series is one of something else.
    ///
    /// A series has two letters or digits: `CENTRALBK-BE` has one, `BAJAJ-AUTO` is a symbol.
    static func share(_ text: String, at exchange: ExchangeName) -> (
        symbol: String, series: String
    )? {
        guard !text.isEmpty else { return nil }
        guard exchange == .nse else { return (text, common) }
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count > 1, let last = parts.last, last.utf8.count == 2 else {
            return (text, common)
        }
        guard exchange.tradesShares(inSeries: String(last)) else { return nil }
        return (String(text.dropLast(3)), String(last))
    }

    /// The symbol under which a share is known here; anything else keeps Kite's name.
    static func symbol(_ text: String, at exchange: String?) -> String {
        let exchange = exchange.flatMap { ExchangeName(rawValue: $0) }
        return exchange.flatMap { share(text, at: $0)?.symbol } ?? text
    }
}
