import Desk
import Fuzzing
import JSON
import Testing
import Trading

@testable import Dhan
@testable import Groww
@testable import Upstox
@testable import Zerodha

/// Brokers' instrument files, as they may come off a bad disk or a bad server.
@Suite("Fuzz: instrument files", .timeLimit(.minutes(60)))
struct InstrumentFileFuzzTests {
    @Test("A spoiled file gives shares that can be traded, or none", arguments: Kind.allCases)
    func files(_ kind: Kind) async {
        let mutator = Mutator(kind.samples, kind == .upstox ? .json : .csv)
        let found = await FuzzRun("instruments-\(kind)", cases: 4_000).run { random in
            let file = mutator.input(&random)
            let listings: [InstrumentListing]
            do throws(BrokerFailure) {
                listings = try kind.parse(file)
            } catch {
                guard case .unreachable = error else { return "\(error)" }
                return nil
            }
            return listings.first { !Self.isTradable($0) }.map { "\($0) of \(FuzzRun.shown(file))" }
        }
        #expect(found == nil, "\(found ?? "")")
    }

    private static func isTradable(_ listing: InstrumentListing) -> Bool {
        !listing.symbol.isEmpty && !listing.code.isEmpty && listing.lot > .zero
            && listing.lot <= .limit && listing.tick > Price(raw: 0) && listing.tick <= .limit
            && listing.freezeQuantity.map { $0 > .zero && $0 <= .limit } ?? true
    }

    enum Kind: String, CaseIterable, Sendable {
        case dhan, zerodha, upstox, groww

        func parse(_ file: [UInt8]) throws(BrokerFailure) -> [InstrumentListing] {
            switch self {
            case .dhan: try DhanInstruments.parse(file)
            case .zerodha: try ZerodhaInstruments.parse(file, .nse)
            case .upstox: try UpstoxInstruments.parse(file)
            case .groww: try GrowwInstruments.parse(file)
            }
        }

        var samples: [String] {
            switch self {
            case .dhan:
                [
                    """
                    EXCH_ID,SEGMENT,SECURITY_ID,ISIN,INSTRUMENT,UNDERLYING_SYMBOL,SYMBOL_NAME,\
                    DISPLAY_NAME,SERIES,LOT_SIZE,TICK_SIZE
                    NSE,E,2885,INE002A01018,EQUITY,RELIANCE,RELIANCE INDUSTRIES,Reliance,EQ,1.0,10.0
                    BSE,E,500325,INE002A01018,EQUITY,RELIANCE,RELIANCE INDUSTRIES,Reliance,A,1,5.000
                    NSE,D,43919,NA,FUTSTK,RELIANCE,RELIANCE-DEC,RELIANCE DEC FUT,NA,500.0,10.0000
                    """
                ]
            case .zerodha:
                [
                    """
                    instrument_token,exchange_token,tradingsymbol,name,last_price,expiry,strike,\
                    tick_size,lot_size,instrument_type,segment,exchange
                    738561,2885,RELIANCE,"RELIANCE INDUSTRIES",0,,0,0.1,1,EQ,NSE,NSE
                    1,2,CENTRALBK-BE,"CENTRAL BANK",30.05,,0,0.01,1,EQ,NSE,NSE
                    256265,1001,NIFTY 50,"NIFTY 50",0,,0,0,0,EQ,INDICES,NSE
                    """
                ]
            case .upstox:
                [
                    """
                    [{"segment":"NSE_EQ","name":"RELIANCE INDUSTRIES LTD","exchange":"NSE",
                    "isin":"INE002A01018","instrument_type":"EQ","lot_size":1,"tick_size":10.0,
                    "instrument_key":"NSE_EQ|INE002A01018","freeze_quantity":100000.0,
                    "exchange_token":"2885","trading_symbol":"RELIANCE"},
                    {"segment":"NSE_FO","instrument_key":"NSE_FO|43919","lot_size":500,
                    "underlying_key":"NSE_EQ|INE002A01018","tick_size":10.0}]
                    """
                ]
            case .groww:
                [
                    """
                    exchange,exchange_token,trading_symbol,name,instrument_type,segment,series,isin,\
                    lot_size,tick_size,freeze_quantity,buy_allowed,sell_allowed
                    NSE,2885,RELIANCE,Reliance,EQ,CASH,EQ,INE002A01018,1,0.05,100000,1,1
                    BSE,500325,RELIANCE,Reliance,EQ,CASH,A,INE002A01018,1,0.05,,1,1
                    """
                ]
            }
        }
    }
}
