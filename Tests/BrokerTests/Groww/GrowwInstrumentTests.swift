import Desk
import Testing
import Trading

@testable import Groww

/// Groww's instrument list.
@Suite("Groww: instruments", .timeLimit(.minutes(20)))
struct GrowwInstrumentTests {
    /// The documents' columns in their order.
    private static let header =
        "exchange,exchange_token,trading_symbol,groww_symbol,name,instrument_type,segment,series,"
        + "isin,underlying_symbol,underlying_exchange_token,expiry_date,strike_price,lot_size,"
        + "tick_size,freeze_quantity,is_reserved,buy_allowed,sell_allowed"
    private static let row =
        "NSE,2885,RELIANCE,NSE-RELIANCE,Reliance Industries,EQ,CASH,EQ,INE002A01018,,,,,1,0.05,"
        + "100000,0,1,1"

    private static let reliance = InstrumentListing(
        exchange: .nse,
        symbol: "RELIANCE",
        name: "Reliance Industries",
        isin: "INE002A01018",
        series: "EQ",
        lot: Quantity(1),
        tick: Price(raw: 500),
        freezeQuantity: Quantity(100_000),
        lowerCircuit: nil,
        upperCircuit: nil,
        price: nil,
        segment: "NSE_CASH",
        code: "RELIANCE",
        feedCode: "2885"
    )

    private static func parse(_ rows: String..., header: String = header) throws
        -> [InstrumentListing]
    {
        try GrowwInstruments.parse(Array(([header] + rows).joined(separator: "\n").utf8))
    }

    @Test("A share is read")
    func share() throws {
        #expect(try Self.parse(Self.row) == [Self.reliance])
    }

    @Test("Columns are found by name, in whatever order and among whatever others")
    func reordered() throws {
        let split = { (line: String) in
            line.split(separator: ",", omittingEmptySubsequences: false).reversed()
        }
        let header = (split(Self.header) + ["new_column"]).joined(separator: ",")
        let row = (split(Self.row) + ["7"]).joined(separator: ",")
        #expect(try Self.parse(row, header: header) == [Self.reliance])
    }

    @Test(
        "Without a column that is needed nothing is read",
        arguments: [
            "exchange", "trading_symbol", "instrument_type", "segment", "series", "lot_size",
            "tick_size",
        ]
    )
    func missingColumn(name: String) async {
        let header = Self.header.split(separator: ",").map { $0 == name ? "other" : $0 }
        let read = await failure { () throws(BrokerFailure) in
            try GrowwInstruments.parse(
                Array((header.joined(separator: ",") + "\n" + Self.row).utf8)
            )
        }
        #expect(read?.isUnreachable == true)
    }

    @Test("An empty file is no list", arguments: ["", "\n\n", "<html>busy</html>"])
    func noList(file: String) async {
        let read = await failure { () throws(BrokerFailure) in
            try GrowwInstruments.parse(Array(file.utf8))
        }
        #expect(read?.isUnreachable == true)
    }

    @Test(
        "A row that is no share, or without what an order needs, is left out",
        arguments: [
            ("NSE,2885", "MCX,2885"), (",CASH,", ",FNO,"), (",EQ,CASH", ",IDX,CASH"),
            (",RELIANCE,", ",,"), (",1,0.05", ",0,0.05"), (",1,0.05", ",0.5,0.05"),
            (",1,0.05", ",x,0.05"), (",0.05,", ",0,"), (",0.05,", ",,"), (",0.05,", ",-5,"),
            (",1,1", ",0,1"), (",1,1", ",1,0"), (",1,1", ",1,false"),
        ]
    )
    func leftOut(part: String, instead: String) throws {
        let odd = Self.row.replacing(part, with: instead)
        try #require(odd != Self.row)
        #expect(try Self.parse(odd, Self.row) == [Self.reliance])
    }

    @Test("Where no share has a tick below one, ticks are in paise")
    func paise() throws {
        let paise = Self.row.replacing(",0.05,", with: ",5,")
        let dear = paise.replacing("RELIANCE", with: "MRF").replacing(",5,", with: ",500,")
        #expect(try Self.parse(paise, dear).map(\.tick.raw) == [500, 50_000])
        // One of the others shows what the unit is, and 5 is five rupees.
        #expect(try Self.parse(paise, Self.row).map(\.tick.raw) == [50_000, 500])
    }

    @Test("BSE's shares are BSE's, and what is not told is nil")
    func bse() throws {
        let row = "BSE,500325,RELIANCE,BSE-RELIANCE,,EQ,CASH,A,,,,,,1,0.05,,0,1,1"
        let listed = try Self.parse(row)
        #expect(listed.map(\.segment) == ["BSE_CASH"] && listed.map(\.exchange) == [.bse])
        #expect(listed.map(\.isin) == [nil] && listed.map(\.freezeQuantity) == [nil])
        #expect(listed.map(\.name) == ["RELIANCE"])
    }
}
