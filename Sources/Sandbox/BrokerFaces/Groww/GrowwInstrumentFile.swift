import Exchange
import HTTPServer

/// The instrument file (groww.md §8), which needs no token.
///
/// Tick sizes are in rupees here, as in the documents' sample of the file.
extension GrowwFace {
    var instrumentRoutes: [HTTPRoute] {
        [
            HTTPRoute("GET", "/groww/instruments/instrument.csv") { _ in
                let listed = floor.enter { world, _ in world.exchange.instruments }
                let rows = [Self.header] + listed.compactMap(Self.row)
                let text = rows.map { $0.joined(separator: ",") + "\n" }.joined()
                return FaceReply(Array(text.utf8), contentType: "text/csv").response
            }
        ]
    }

    private static let header = [
        "exchange", "exchange_token", "trading_symbol", "groww_symbol", "name", "instrument_type",
        "segment", "series", "isin", "underlying_symbol", "underlying_exchange_token",
        "expiry_date", "strike_price", "lot_size", "tick_size", "freeze_quantity", "is_reserved",
        "buy_allowed", "sell_allowed",
    ]

    private static func row(_ instrument: Instrument) -> [String]? {
        guard let place = GrowwWords.place(instrument.key.segment) else { return nil }
        let option = instrument.option
        let symbol = GrowwWords.symbol(instrument)
        return [
            place.exchange, String(instrument.key.token), symbol, place.exchange + "-" + symbol,
            option == nil ? instrument.name : "", option.map { $0.isCall ? "CE" : "PE" } ?? "EQ",
            place.segment, option == nil ? instrument.series : "",
            option == nil ? instrument.isin : "", option?.underlying ?? "",
            option.map { String($0.underlyingToken) } ?? "", option?.expiry ?? "",
            option.map { $0.strike.text(decimals: 0) } ?? "", String(instrument.lot),
            instrument.tick.text(decimals: 2), String(instrument.freezeQuantity), "0", "1", "1",
        ]
    }
}
