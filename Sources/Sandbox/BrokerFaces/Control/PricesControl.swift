import Exchange
import HTTPServer
import JSON

extension ControlFace {
    var priceRoutes: [HTTPRoute] {
        [
            route("POST", "/prices") { request throws(ControlRefusal) in
                let items = try Self.list("prices", request)
                let entries = try items.map { item throws(ControlRefusal) in try PriceEntry(item) }
                let refusal = floor.enter { world, now -> ControlRefusal? in
                    for entry in entries {
                        guard entry.index(in: world) != nil || entry.token != nil else {
                            return ControlRefusal(
                                "unknown symbol \(entry.symbol): give a security_id to list it"
                            )
                        }
                    }
                    for entry in entries { entry.apply(to: &world, at: now) }
                    return nil
                }
                if let refusal { throw refusal }
                return Self.done { $0.field("prices", entries.count) }
            },
            route("GET", "/prices") { _ throws(ControlRefusal) in
                let quotes = floor.enter { world, now in
                    world.exchange.instruments.indices.map { index in
                        let quote = world.exchange.quote(index, at: now)
                        return (world.exchange.instrument(index), quote)
                    }
                }
                return Self.done { writer in
                    writer.key("prices")
                    writer.beginArray()
                    for (instrument, quote) in quotes { Self.write(instrument, quote, &writer) }
                    writer.endArray()
                }
            },
        ]
    }

    private static func write(
        _ instrument: Instrument,
        _ quote: Quote,
        _ writer: inout JSONWriter
    ) {
        writer.beginObject()
        writer.field("symbol", instrument.symbol)
        writer.field("exchange", LedgerWords.exchange(instrument.key.segment))
        writer.field("security_id", String(instrument.key.token))
        writer.field("price", quote.lastPrice.text(decimals: 2))
        writer.fieldOrNull("bid", quote.bids.first?.price.text(decimals: 2))
        writer.fieldOrNull("ask", quote.asks.first?.price.text(decimals: 2))
        writer.field("frozen", quote.isFrozen)
        writer.fieldOrNull("depth", quote.depth)
        writer.field("spread", quote.spread.text(decimals: 2))
        writer.endObject()
    }
}

/// One price as the control face takes it; what is left out stays as it is.
private struct PriceEntry: Sendable {
    let symbol: String
    let isBSE: Bool
    let token: Int?
    let price: Rupees?
    let isFrozen: Bool?
    let depth: Int64?
    let spread: Rupees?

    init(_ item: JSONValue) throws(ControlRefusal) {
        symbol = try item.text("symbol")
        let exchange = try item.optionalText("exchange") ?? "NSE"
        guard ["NSE", "BSE"].contains(exchange) else {
            throw ControlRefusal("exchange \(exchange) is not NSE or BSE")
        }
        isBSE = exchange == "BSE"
        token = try item.optionalWhole("security_id").map { Int($0) }
        price = try item.optionalAmount("price")
        isFrozen = try item.optionalFlag("frozen")
        depth = try item.optionalWhole("depth")
        spread = try item.optionalAmount("spread")
        if let price, price <= .zero || price > .greatest {
            throw ControlRefusal("price must be above 0 and at most 1000000")
        }
        if let depth, !(0...1_000_000_000).contains(depth) {
            throw ControlRefusal("depth must be 0 to 1000000000")
        }
        if let spread, spread < .zero || spread > .greatest {
            throw ControlRefusal("spread must be 0 to 1000000")
        }
        if token != nil, price == nil { throw ControlRefusal("price is missing") }
    }

    func index(in world: World) -> Int? {
        world.exchange.find(symbol: symbol, isBSE: isBSE)
    }

    func apply(to world: inout World, at now: Moment) {
        guard let index = index(in: world) ?? list(in: &world) else { return }
        world.exchange.set(
            index,
            price: price,
            isFrozen: isFrozen,
            depth: depth,
            spread: spread,
            at: now
        )
    }

    private func list(in world: inout World) -> Int? {
        guard let token, let price else { return nil }
        let tick = Instrument.tick(for: price)
        return world.exchange.list(
            Instrument(
                key: InstrumentKey(segment: isBSE ? .bseEquity : .nseEquity, token: token),
                symbol: symbol,
                name: symbol,
                isin: "NA",
                series: isBSE ? "A" : "EQ",
                tick: tick,
                freezeQuantity: 100_000,
                previousClose: price.roundedDown(to: tick)
            )
        )
    }
}
