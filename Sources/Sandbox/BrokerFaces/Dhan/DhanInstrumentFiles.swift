import Exchange
import HTTPServer

/// The instrument files (dhan.md §8). Tick sizes are in paise there, as in the real files.
extension DhanFace {
    var instrumentRoutes: [HTTPRoute] {
        [
            HTTPRoute("GET", "/dhan/api-data/api-scrip-master.csv") { _ in
                csv(Self.compactHeader, Self.compactRow, among: Segment.allCases)
            },
            HTTPRoute("GET", "/dhan/api-data/api-scrip-master-detailed.csv") { _ in
                csv(Self.detailedHeader, Self.detailedRow, among: Segment.allCases)
            },
            HTTPRoute("GET", Self.root + "/instrument/{segment}") { request in
                let word = request.pathParameters["segment"] ?? ""
                guard let segment = DhanWords.segment(word) else {
                    return DhanError.badInput.reply.response
                }
                return csv(Self.detailedHeader, Self.detailedRow, among: [segment])
            },
        ]
    }

    private func csv(
        _ header: [String],
        _ row: (Instrument) -> [String],
        among segments: [Segment]
    ) -> HTTPServerResponse {
        let listed = floor.enter { world, _ in world.exchange.instruments }
        let rows = listed.filter { segments.contains($0.key.segment) }.map(row)
        let text = ([header] + rows).map { $0.joined(separator: ",") + "\n" }.joined()
        return FaceReply(Array(text.utf8), contentType: "text/csv").response
    }

    private static let compactHeader = [
        "SEM_EXM_EXCH_ID", "SEM_SEGMENT", "SEM_SMST_SECURITY_ID", "SEM_INSTRUMENT_NAME",
        "SEM_EXPIRY_CODE", "SEM_TRADING_SYMBOL", "SEM_LOT_UNITS", "SEM_CUSTOM_SYMBOL",
        "SEM_EXPIRY_DATE", "SEM_STRIKE_PRICE", "SEM_OPTION_TYPE", "SEM_TICK_SIZE",
        "SEM_EXPIRY_FLAG", "SEM_EXCH_INSTRUMENT_TYPE", "SEM_SERIES", "SM_SYMBOL_NAME",
    ]

    private static func compactRow(_ instrument: Instrument) -> [String] {
        let (exchange, letter) = DhanWords.exchange(instrument.key.segment)
        let option = instrument.option
        return [
            exchange, letter, String(instrument.key.token), DhanWords.instrumentKind(instrument),
            "0", instrument.symbol, "\(instrument.lot).0", instrument.name,
            option.map { $0.expiry + " 14:30:00" } ?? "",
            option.map { $0.strike.text(decimals: 4) } ?? "", optionWord(instrument) ?? "",
            (instrument.tick * 100).text(decimals: 4), option == nil ? "NA" : "W",
            option == nil ? "ES" : "OP", instrument.series, instrument.name.uppercased(),
        ]
    }

    private static let detailedHeader =
        [
            "EXCH_ID", "SEGMENT", "SECURITY_ID", "ISIN", "INSTRUMENT", "UNDERLYING_SECURITY_ID",
            "UNDERLYING_SYMBOL", "SYMBOL_NAME", "DISPLAY_NAME", "INSTRUMENT_TYPE", "SERIES",
            "LOT_SIZE", "SM_EXPIRY_DATE", "STRIKE_PRICE", "OPTION_TYPE", "TICK_SIZE",
            "EXPIRY_FLAG", "BRACKET_FLAG", "COVER_FLAG", "ASM_GSM_FLAG", "ASM_GSM_CATEGORY",
            "BUY_SELL_INDICATOR",
        ] + percentages + ["MTF_LEVERAGE"]

    private static let percentages = [
        "BUY_CO_MIN_MARGIN_PER", "SELL_CO_MIN_MARGIN_PER", "BUY_CO_SL_RANGE_MAX_PERC",
        "SELL_CO_SL_RANGE_MAX_PERC", "BUY_CO_SL_RANGE_MIN_PERC", "SELL_CO_SL_RANGE_MIN_PERC",
        "BUY_BO_MIN_MARGIN_PER", "SELL_BO_MIN_MARGIN_PER", "BUY_BO_SL_RANGE_MAX_PERC",
        "SELL_BO_SL_RANGE_MAX_PERC", "BUY_BO_SL_RANGE_MIN_PERC", "SELL_BO_SL_MIN_RANGE",
        "BUY_BO_PROFIT_RANGE_MAX_PERC", "SELL_BO_PROFIT_RANGE_MAX_PERC",
        "BUY_BO_PROFIT_RANGE_MIN_PERC", "SELL_BO_PROFIT_RANGE_MIN_PERC",
    ]

    private static func detailedRow(_ instrument: Instrument) -> [String] {
        let (exchange, letter) = DhanWords.exchange(instrument.key.segment)
        let option = instrument.option
        return [
            exchange, letter, String(instrument.key.token), instrument.isin,
            DhanWords.instrumentKind(instrument), option.map { String($0.underlyingToken) } ?? "",
            option?.underlying ?? instrument.symbol,
            option == nil ? instrument.name.uppercased() : instrument.symbol, instrument.name,
            option == nil ? "ES" : "OP", instrument.series, "\(instrument.lot).0",
            option?.expiry ?? "", option.map { $0.strike.text(decimals: 4) } ?? "",
            optionWord(instrument) ?? "", (instrument.tick * 100).text(decimals: 4),
            option == nil ? "NA" : "W", "N", "N", "N", "NA", "A",
        ] + percentages.map { _ in "0" } + [option == nil ? "4.0" : ""]
    }

    private static func optionWord(_ instrument: Instrument) -> String? {
        instrument.option.map { $0.isCall ? "CE" : "PE" }
    }
}
