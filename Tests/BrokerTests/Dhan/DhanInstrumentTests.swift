import BrokerFaces
import Desk
import Exchange
import HTTPClient
import Testing
import Trading

@testable import Dhan

/// Dhan's instrument list.
@Suite("Dhan: instruments", .timeLimit(.minutes(20)))
struct DhanInstrumentTests {
    private static let header =
        "EXCH_ID,SEGMENT,SECURITY_ID,ISIN,INSTRUMENT,UNDERLYING_SYMBOL,SYMBOL_NAME,DISPLAY_NAME,"
        + "SERIES,LOT_SIZE,TICK_SIZE"
    private static let row =
        "NSE,E,2885,INE002A01018,EQUITY,RELIANCE,RELIANCE INDUSTRIES LTD,Reliance Industries,EQ,"
        + "1.0,10.0000"

    private static let reliance = InstrumentListing(
        exchange: .nse,
        symbol: "RELIANCE",
        name: "Reliance Industries",
        isin: "INE002A01018",
        series: "EQ",
        lot: Quantity(1),
        tick: Price(raw: 1_000),
        freezeQuantity: nil,
        lowerCircuit: nil,
        upperCircuit: nil,
        price: nil,
        segment: "NSE_EQ",
        code: "2885"
    )

    @Test("A share is read, its tick from paise to rupees")
    func share() throws {
        let file = Self.header + "\n" + Self.row + "\n"
        #expect(try DhanInstruments.parse(Array(file.utf8)) == [Self.reliance])
    }

    @Test("Columns are found by name, in whatever order and among whatever others")
    func reordered() throws {
        let names = Self.header.split(separator: ",")
        let values = Self.row.split(separator: ",")
        let header = (names.reversed() + ["NEW_COLUMN"]).joined(separator: ",")
        let row = (values.reversed() + ["7"]).joined(separator: ",")
        let file = "\u{FEFF}" + header + "\r\n" + row + "\r\n"
        #expect(try DhanInstruments.parse(Array(file.utf8)) == [Self.reliance])
    }

    @Test(
        "Without a column that is needed nothing is read",
        arguments: [
            "EXCH_ID", "SEGMENT", "SECURITY_ID", "INSTRUMENT", "UNDERLYING_SYMBOL", "SYMBOL_NAME",
            "SERIES", "LOT_SIZE", "TICK_SIZE",
        ]
    )
    func missingColumn(name: String) async {
        // Only the whole name: SYMBOL_NAME is no part of anything else here.
        let header = Self.header.split(separator: ",").map { $0 == name ? "OTHER" : $0 }
        let file = header.joined(separator: ",") + "\n" + Self.row + "\n"
        let read = await failure { () throws(BrokerFailure) in
            try DhanInstruments.parse(Array(file.utf8))
        }
        #expect(read?.isUnreachable == true)
    }

    @Test("An empty file is no list", arguments: ["", "\n\n", "<html>busy</html>"])
    func noList(file: String) async {
        let read = await failure { () throws(BrokerFailure) in
            try DhanInstruments.parse(Array(file.utf8))
        }
        #expect(read?.isUnreachable == true)
    }

    @Test("The columns that the list can do without may be absent")
    func optionalColumns() throws {
        let header = Self.header.replacing("ISIN", with: "X").replacing("DISPLAY_NAME", with: "Y")
        let listed = try DhanInstruments.parse(Array((header + "\n" + Self.row).utf8))
        #expect(listed.map(\.isin) == [nil])
        #expect(listed.map(\.name) == ["RELIANCE INDUSTRIES LTD"])
    }

    @Test(
        "A row that is no share, or without what an order needs, is left out",
        arguments: [
            ("NSE,", "MCX,"), (",E,", ",D,"), (",2885,", ",,"), ("EQUITY", "OPTSTK"),
            (",RELIANCE,", ",,"), (",1.0,", ",0.0,"), (",1.0,", ",0.5,"), (",1.0,", ",x,"),
            (",1.0,", ",-1.0,"), (",10.0000", ",0.0000"), (",10.0000", ","), (",10.0000", ",-5"),
            (",10.0000", ""),
        ]
    )
    func leftOut(part: String, instead: String) throws {
        let odd = Self.row.replacing(part, with: instead)
        try #require(odd != Self.row)
        let file = [Self.header, odd, Self.row].joined(separator: "\n")
        #expect(try DhanInstruments.parse(Array(file.utf8)) == [Self.reliance])
    }

    @Test(
        "Ticks come in paise",
        arguments: [
            ("1.0000", 100), ("5.0000", 500), ("10", 1_000), ("100.0", 10_000), ("0.25", 25),
        ]
    )
    func ticks(text: String, raw: Int64) throws {
        let file = Self.header + "\n" + Self.row.replacing("10.0000", with: text)
        #expect(try DhanInstruments.parse(Array(file.utf8)).map(\.tick) == [Price(raw: raw)])
    }

    @Test("BSE's shares are in BSE's segment, and NA is no ISIN")
    func bse() throws {
        let row = Self.row.replacing("NSE,", with: "BSE,").replacing("INE002A01018", with: "NA")
        let listed = try DhanInstruments.parse(Array((Self.header + "\n" + row).utf8))
        #expect(listed.map(\.segment) == ["BSE_EQ"] && listed.map(\.exchange) == [.bse])
        #expect(listed.map(\.isin) == [nil])
    }

    @Test("The sandbox's file gives its shares and none of its options")
    func sandboxFile() async throws {
        try await DhanFloor.visit { floor in
            let base = "http://127.0.0.1:\(floor.sandbox.port)/dhan/api-data/"
            let master = DhanInstruments(
                client: floor.http,
                url: base + "api-scrip-master-detailed.csv"
            )
            #expect(master.broker == .dhan)
            let listed = try await master.listings()
            let shares = SandboxConfiguration.ephemeral.instruments.filter { $0.option == nil }
            #expect(listed.count == shares.count)
            for share in shares {
                let own = try #require(listed.first { $0.symbol == share.symbol })
                #expect(own.code == String(share.key.token) && own.isin == share.isin)
                #expect(own.tick.raw == share.tick.tenThousandths)
                #expect(own.name == share.name && own.lot.raw == share.lot)
            }
            let gone = DhanInstruments(client: floor.http, url: base + "gone.csv")
            let read = await failure { () throws(BrokerFailure) in try await gone.listings() }
            #expect(read?.isUnreachable == true)
        }
    }
}
