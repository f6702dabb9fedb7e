import BrokerFaces
import Desk
import Exchange
import Testing
import Trading

@testable import Zerodha

/// Kite's lists of instruments.
@Suite("Zerodha: instruments", .timeLimit(.minutes(20)))
struct ZerodhaInstrumentTests {
    private static let header =
        "instrument_token,exchange_token,tradingsymbol,name,last_price,expiry,strike,tick_size,"
        + "lot_size,instrument_type,segment,exchange"
    private static let row =
        #"738561,2885,RELIANCE,"RELIANCE INDUSTRIES",0,,0,0.1,1,EQ,NSE,NSE"#

    private static let reliance = listing("RELIANCE", series: "EQ", code: "RELIANCE")

    private static func listing(_ symbol: String, series: String, code: String)
        -> InstrumentListing
    {
        InstrumentListing(
            exchange: .nse,
            symbol: symbol,
            name: "RELIANCE INDUSTRIES",
            isin: nil,
            series: series,
            lot: Quantity(1),
            tick: Price(raw: 1_000),
            freezeQuantity: nil,
            lowerCircuit: nil,
            upperCircuit: nil,
            price: nil,
            segment: "NSE",
            code: code,
            feedCode: "738561"
        )
    }

    private static func parse(_ rows: [String], _ exchange: ExchangeName = .nse) throws
        -> [InstrumentListing]
    {
        let file = ([header] + rows).joined(separator: "\n") + "\n"
        return try ZerodhaInstruments.parse(Array(file.utf8), exchange)
    }

    @Test("A share is named by exchange and trading symbol")
    func share() throws {
        #expect(try Self.parse([Self.row]) == [Self.reliance])
    }

    @Test(
        "The series behind a symbol is told apart from a hyphen within it",
        arguments: [
            ("CENTRALBK-BE", "CENTRALBK", "BE"), ("BAJAJ-AUTO", "BAJAJ-AUTO", "EQ"),
            ("BAJAJ-AUTO-BZ", "BAJAJ-AUTO", "BZ"), ("MCDOWELL-N", "MCDOWELL-N", "EQ"),
            ("M&M", "M&M", "EQ"),
        ]
    )
    func series(text: String, symbol: String, series: String) throws {
        let row = Self.row.replacing(",RELIANCE,", with: ",\(text),")
        #expect(
            try Self.parse([row]) == [Self.listing(symbol, series: series, code: text)]
        )
    }

    @Test("Where a share is listed in two series, the one in which all trade counts: the last one")
    func twoSeries() throws {
        let limited = Self.row.replacing(",RELIANCE,", with: ",RELIANCE-BE,")
        #expect(try Self.parse([limited, Self.row]).last == Self.reliance)
        #expect(try Self.parse([Self.row, limited]) == [Self.reliance])
    }

    @Test(
        "What is no share, or lacks what an order needs, is left out",
        arguments: [
            (",EQ,", ",FUT,"), (",NSE,NSE", ",INDICES,NSE"), (",NSE,NSE", ",NSE,BSE"),
            (",NSE,NSE", ",NFO-OPT,NFO"), (",RELIANCE,", ",,"), (",RELIANCE,", ",NHAI-N2,"),
            (",RELIANCE,", ",EMBASSY-RR,"),
            (",RELIANCE,", ",668GS2031-GS,"), (",0.1,1,", ",0,1,"), (",0.1,1,", ",,1,"),
            (",0.1,1,", ",0.1,0,"), (",0.1,1,", ",0.1,0.5,"), (",0.1,1,", ",0.1,x,"),
        ]
    )
    func leftOut(part: String, instead: String) throws {
        let odd = Self.row.replacing(part, with: instead)
        try #require(odd != Self.row)
        #expect(try Self.parse([odd, Self.row]) == [Self.reliance])
    }

    @Test("BSE's symbols carry no series, and are taken for shares all the same")
    func bse() throws {
        let row = Self.row.replacing(",NSE,NSE", with: ",BSE,BSE")
            .replacing(",RELIANCE,", with: ",ABC-BE,")
        let listed = try Self.parse([row], .bse)
        #expect(listed.map(\.symbol) == ["ABC-BE"] && listed.map(\.series) == ["EQ"])
        #expect(listed.allSatisfy { $0.exchange.tradesShares(inSeries: $0.series) })
        #expect(listed.map(\.exchange) == [.bse] && listed.map(\.segment) == ["BSE"])
    }

    @Test(
        "Without a column that is needed nothing is read",
        arguments: [
            "tradingsymbol", "name", "tick_size", "lot_size", "instrument_type", "segment",
            "exchange",
        ]
    )
    func missingColumn(name: String) async {
        let header = Self.header.split(separator: ",").map { $0 == name ? "OTHER" : $0 }
        let file = header.joined(separator: ",") + "\n" + Self.row + "\n"
        let read = await failure { () throws(BrokerFailure) in
            try ZerodhaInstruments.parse(Array(file.utf8), .nse)
        }
        #expect(read?.isUnreachable == true)
    }

    @Test(
        "An answer that is no list is no list",
        arguments: ["", "\n\n", #"{"status":"error","error_type":"GeneralException"}"#]
    )
    func noList(file: String) async {
        let read = await failure { () throws(BrokerFailure) in
            try ZerodhaInstruments.parse(Array(file.utf8), .nse)
        }
        #expect(read?.isUnreachable == true)
    }

    @Test("The sandbox's files give its shares and none of its options")
    func sandboxFile() async throws {
        try await ZerodhaFloor.visit { floor in
            let root = "http://127.0.0.1:\(floor.sandbox.port)/kite"
            let master = ZerodhaInstruments(client: floor.http, url: root + "/instruments")
            #expect(master.broker == .zerodha)
            let listed = try await master.listings()
            let shares = SandboxConfiguration.ephemeral.instruments.filter { $0.option == nil }
            #expect(listed.count == shares.count)
            for share in shares {
                let own = try #require(listed.first { $0.symbol == share.symbol })
                #expect(own.segment == "NSE" && own.code == share.symbol)
                #expect(own.tick.raw == share.tick.tenThousandths && own.lot.raw == share.lot)
            }
            let gone = ZerodhaInstruments(client: floor.http, url: root + "/nothing")
            let read = await failure { () async throws(BrokerFailure) in
                try await gone.listings()
            }
            #expect(read?.isUnreachable == true)
        }
    }
}
