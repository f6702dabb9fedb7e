import Exchange
import HTTPServer

/// The instrument lists (kite.md §8): everything in one file, or one exchange's.
///
/// Not compressed here. Prices of ticks are in rupees.
extension KiteFace {
    var instrumentRoutes: [HTTPRoute] {
        [
            HTTPRoute("GET", Self.root + "/instruments") { _ in csv(Segment.allCases) },
            HTTPRoute("GET", Self.root + "/instruments/{exchange}") { request in
                let word = request.pathParameters["exchange"] ?? ""
                guard let segment = KiteWords.segment(word) else {
                    return KiteError.input("Unknown exchange.").reply.response
                }
                return csv([segment])
            },
        ]
    }

    private func csv(_ segments: [Segment]) -> HTTPServerResponse {
        let listed = floor.enter { world, _ in world.exchange.instruments }
        let rows = listed.filter { segments.contains($0.key.segment) }.map(Self.row)
        let text = ([Self.columns] + rows).map { $0.joined(separator: ",") + "\n" }.joined()
        return FaceReply(Array(text.utf8), contentType: "text/csv").response
    }

    private static let columns = [
        "instrument_token", "exchange_token", "tradingsymbol", "name", "last_price", "expiry",
        "strike", "tick_size", "lot_size", "instrument_type", "segment", "exchange",
    ]

    private static func row(_ instrument: Instrument) -> [String] {
        let exchange = KiteWords.word(instrument.key.segment)
        let option = instrument.option
        return [
            String(KiteWords.token(instrument.key)), String(instrument.key.token),
            KiteWords.symbol(instrument),
            // Names are in quotes, in capitals, and of derivatives the underlying's symbol.
            "\"" + (option?.underlying ?? instrument.name.uppercased()) + "\"", "0",
            option?.expiry ?? "", option?.strike.text(decimals: 0) ?? "0",
            instrument.tick.text(decimals: 2), String(instrument.lot),
            option.map { $0.isCall ? "CE" : "PE" } ?? "EQ",
            option == nil ? exchange : exchange + "-OPT", exchange,
        ]
    }
}
