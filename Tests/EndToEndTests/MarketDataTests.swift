import BrokerFaces
import Foundation
import HTTPServer
import JSON
import Postgres
import ServerTesting
import StackTesting
import Testing

/// Prices that feeds bring, and lists of instruments as long as the brokers' own.
@Suite(.needs(.postgres), .needs(.rabbitMQ), .needs(.redis), .serialized, .timeLimit(.minutes(20)))
struct MarketDataTests {
    @Test(arguments: ["dhan", "zerodha", "upstox", "groww"])
    func `what is watched has its price by the feed, and the next price too`(broker: String)
        async throws
    {
        try await Stack.with { stack in
            let socket = "ws://127.0.0.1:\(stack.sandbox.webSocketPort)"
            stack.set("VOLLEY_DHAN_FEED_URL", socket)
            stack.set("VOLLEY_ZERODHA_FEED_URL", socket + "/kite")
            stack.set("VOLLEY_UPSTOX_FEED_URL", "ws://127.0.0.1:\(stack.sandbox.port)/upstox")
            stack.set("VOLLEY_GROWW_FEED_URL", socket + "/groww")
            try stack.start("scheduler")
            try await stack.startAPI()
            try await stack.run(["demo", "load", "--clients", "4", "--brokers", broker])
            let made = try await stack.json(["watchlist", "create", "mine", "RELIANCE", "TCS"])
            let id = try #require(made["watchlist_id"]?.int64)
            for price in ["2950.00", "3011.60"] {
                let body = #"{"symbol":"RELIANCE","price":"\#(price)","frozen":true}"#
                _ = try await stack.sandboxJSON("POST", "/control/prices", body)
                try await eventually {
                    let shown = try await stack.json(["watchlist", "show", "\(id)"])
                    let item = shown["items"]?[0]
                    // Only feeds tell of the day; a price that was asked for is the price alone.
                    return item?["last_price"]?.string == price
                        && item?["previous_close"]?.string == "2950.00"
                        && item?["bid"]?.string != nil
                }
            }
            let logs = try stack.logs()
            #expect(!logs.contains("demo-token-"))
        }
    }

    @Test(arguments: ["dhan", "zerodha", "upstox", "groww"])
    func `the order book is told, and a preflight warns that it shows too little`(broker: String)
        async throws
    {
        try await Stack.with { stack in
            try await stack.startAPI()
            try await stack.run(["demo", "load", "--clients", "20", "--brokers", broker])
            let thin = #"{"symbol":"RELIANCE","price":"2950.00","frozen":true,"depth":1}"#
            _ = try await stack.sandboxJSON("POST", "/control/prices", thin)
            let book = try await stack.json(["instruments", "depth", "reliance"])
            #expect(book["broker"]?.string == broker)
            for side in ["bids", "asks"] {
                let levels = book[side]?.array ?? []
                #expect(levels.map { $0["quantity"]?.int64 } == [1, 1, 1, 1, 1])
            }
            let shown = try await stack.run(["instruments", "depth", "RELIANCE"])
            #expect(shown.contains("told by \(broker)"))
            let words = ["preflight", "RELIANCE", "buy", "--quantity", "1", "--exact"]
            let told = try await stack.json(words)
            let rows = told["clients"]?.array ?? []
            // Some trade on paper, whose orders meet no book.
            let orders = rows.filter { $0["broker"]?.string == broker }
                .reduce(0) { $0 + ($1["quantity"]?.int64 ?? 0) }
            let all = try #require(told["sums"]?["quantity"]?.int64)
            #expect(5 < orders && orders < all)
            #expect(told["depth"]?["needed_quantity"]?.int64 == orders)
            #expect(told["depth"]?["shown_quantity"]?.int64 == 5)
            #expect(told["depth"]?["standing"]?.string == "too_large")
            #expect(try await stack.run(words).contains("warning: The trade's \(orders) shares"))
            // Whether the book can take it or not: it is a warning.
            _ = try await stack.json(words + ["--execute"])
        }
    }

    @Test func `lists as long as the brokers' own load by one merge, and change nothing again`()
        async throws
    {
        try await Stack.with { stack in
            let count = LongLists.wanted
            let server = HTTPServer(
                HTTPServerConfiguration(port: 0),
                routes: LongLists.routes(count: count)
            )
            try server.start()
            let root = "http://127.0.0.1:\(server.port)"
            stack.set("VOLLEY_DHAN_INSTRUMENTS_URL", root + "/dhan.csv")
            stack.set("VOLLEY_ZERODHA_INSTRUMENTS_URL", root + "/kite")
            stack.set("VOLLEY_UPSTOX_INSTRUMENTS_URL", root + "/upstox.json")
            stack.set("VOLLEY_GROWW_INSTRUMENTS_URL", root + "/groww.csv")
            for _ in 0..<2 { try await stack.run(["admin", "load-instruments"]) }
            let rows = try await stack.withDatabase { pool in
                try await pool.query(
                    PostgresStatement(
                        """
                        SELECT broker, shares, changed, milliseconds
                        FROM instrument_load ORDER BY id DESC LIMIT 8
                        """
                    )
                ).map { ($0.text(0), $0.int(1), $0.int(2), $0.int(3)) }
            }
            for (broker, shares, changed, milliseconds) in rows {
                print("\(broker): \(shares) shares, \(changed) changed, \(milliseconds) ms")
            }
            #expect(rows.count == 8)
            #expect(rows.allSatisfy { $0.1 == Int64(count) })
            #expect(rows.prefix(4).allSatisfy { $0.2 == 0 })
            #expect(rows.suffix(4).allSatisfy { $0.2 >= Int64(count) })
            await server.stop(grace: .seconds(5))
        }
    }
}

/// The four brokers' lists of the same made-up shares, among as many contracts that nobody takes in.
private enum LongLists {
    /// As many as take a few seconds; `VOLLEY_TEST_SHARES` asks for more.
    static var wanted: Int {
        ProcessInfo.processInfo.environment["VOLLEY_TEST_SHARES"].flatMap { Int($0) } ?? 5_000
    }

    static func routes(count: Int) -> [HTTPRoute] {
        [
            route("/dhan.csv") { dhan(count) }, route("/groww.csv") { groww(count) },
            route("/upstox.json") { upstox(count) }, route("/kite/NSE") { kite(count) },
            route("/kite/BSE") { kite(0) },
        ]
    }

    private static func route(_ path: String, _ text: @escaping @Sendable () -> String)
        -> HTTPRoute
    {
        HTTPRoute("GET", path) { _ in
            HTTPServerResponse(status: 200, headers: [], body: .bytes(Array(text().utf8)))
        }
    }

    private static func dhan(_ count: Int) -> String {
        var text =
            "EXCH_ID,SEGMENT,SECURITY_ID,ISIN,INSTRUMENT,UNDERLYING_SECURITY_ID,"
            + "UNDERLYING_SYMBOL,SYMBOL_NAME,DISPLAY_NAME,INSTRUMENT_TYPE,SERIES,LOT_SIZE,"
            + "SM_EXPIRY_DATE,STRIKE_PRICE,OPTION_TYPE,TICK_SIZE,MTF_LEVERAGE\n"
        for n in 0..<count {
            text +=
                "NSE,E,\(n),INE\(1_000_000 + n)A1,EQUITY,,SYM\(n),COMPANY NUMBER \(n),"
                + "Company number \(n),ES,EQ,1.0,,,,5.0000,4.0\n"
            text += "NSE,D,\(900_000 + n),NA,OPTSTK,\(n),SYM\(n),SYM\(n)-OPT,Option \(n),OP,NA,"
            text += "1.0,2026-11-26,100.0,CE,5.0000,\n"
        }
        return text
    }

    private static func groww(_ count: Int) -> String {
        var text =
            "exchange,exchange_token,trading_symbol,groww_symbol,name,instrument_type,segment,"
            + "series,isin,lot_size,tick_size,freeze_quantity,is_reserved,buy_allowed,"
            + "sell_allowed\n"
        for n in 0..<count {
            text += "NSE,\(n),SYM\(n),NSE-SYM\(n),Company No. \(n),EQ,CASH,EQ,"
            text += "INE\(1_000_000 + n)A1,1,0.05,100000,0,1,1\n"
            text += "NSE,\(n),SYM\(n)26NOV,NSE-SYM\(n),Option \(n),CE,FNO,,,1,0.05,,0,1,1\n"
        }
        return text
    }

    private static func kite(_ count: Int) -> String {
        var text =
            "instrument_token,exchange_token,tradingsymbol,name,last_price,expiry,strike,"
            + "tick_size,lot_size,instrument_type,segment,exchange\n"
        for n in 0..<count {
            text += "\(n * 256 + 1),\(n),SYM\(n),\"COMPANY NUMBER \(n)\",0,,0,0.05,1,EQ,NSE,NSE\n"
            text += "\(n * 256 + 2),\(n),SYM\(n)26NOVFUT,\"SYM\(n)\",0,2026-11-26,0,0.05,1,FUT,"
            text += "NFO-FUT,NFO\n"
        }
        return text
    }

    private static func upstox(_ count: Int) -> String {
        var rows: [String] = []
        for n in 0..<count {
            rows.append(
                #"{"segment":"NSE_EQ","name":"COMPANY NUMBER \#(n)","exchange":"NSE","#
                    + #""isin":"INE\#(1_000_000 + n)A1","instrument_type":"EQ","#
                    + #""instrument_key":"NSE_EQ|INE\#(1_000_000 + n)A1","lot_size":1,"#
                    + #""freeze_quantity":100000.0,"exchange_token":"\#(n)","tick_size":5.0,"#
                    + #""trading_symbol":"SYM\#(n)","security_type":"NORMAL"}"#
            )
            rows.append(
                #"{"segment":"NSE_FO","name":"SYM\#(n)","exchange":"NSE","instrument_type":"CE","#
                    + #""instrument_key":"NSE_FO|\#(n)","lot_size":1,"tick_size":5.0,"#
                    + #""trading_symbol":"SYM\#(n) 100 CE","strike_price":100.0}"#
            )
        }
        return "[" + rows.joined(separator: ",\n") + "]"
    }
}
