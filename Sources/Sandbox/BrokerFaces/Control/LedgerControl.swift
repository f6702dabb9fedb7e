import Exchange
import HTTPServer
import JSON

/// What was booked: the truth that tests compare everybody else's books with.
extension ControlFace {
    private static let largestPage = 10_000

    var ledgerRoutes: [HTTPRoute] {
        [
            route("GET", "/ledger") { request throws(ControlRefusal) in
                let filter = try LedgerFilter(request)
                let page = floor.enter { world, _ in filter.page(of: world) }
                return Self.done { writer in
                    writer.key("orders")
                    writer.beginArray()
                    for line in page.lines { line.write(floor.orderIDBase, &writer) }
                    writer.endArray()
                    writer.fieldOrNull("next", page.next.map { String($0) })
                }
            },
            route("GET", "/ledger/summary") { _ throws(ControlRefusal) in
                let summary = floor.enter { world, _ in LedgerSummary(world.exchange) }
                return Self.done { summary.write(&$0) }
            },
            route("DELETE", "/ledger") { _ throws(ControlRefusal) in
                floor.enter { world, _ in
                    world.exchange.forget()
                    for index in world.clients.indices {
                        world.clients[index].forgetCalls()
                    }
                }
                return Self.done { $0.field("status", "cleared") }
            },
        ]
    }
}

/// One order of the ledger, with the names that go with its numbers.
private struct LedgerLine: Sendable {
    let order: Order
    let client: ClientState
    let symbol: String

    func write(_ orderIDBase: Int, _ writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("face", client.face.name)
        writer.field("account", client.client)
        writer.fieldOrNull("reference", order.reference)
        writer.field("symbol", symbol)
        writer.field("side", LedgerWords.word(order.side))
        writer.field("quantity", order.quantity)
        writer.field("filled_quantity", order.filled)
        writer.field("average_price", order.averagePrice.text(decimals: 2))
        writer.field("price", order.price.text(decimals: 2))
        // Changes that were carried out.
        writer.field("modifications", order.modifications)
        writer.field("status", LedgerWords.word(order.state))
        writer.field("order_id", client.face.orderID(order.number + orderIDBase))
        writer.field("booked_at", order.bookedAt.rfc3339)
        writer.endObject()
    }
}

/// Which orders a page of the ledger has.
private struct LedgerFilter: Sendable {
    var face: String?
    var account: String?
    var reference: String?
    var symbol: String?
    var side: Side?
    var after = 0
    var limit = 1_000

    init(_ request: HTTPServerRequest) throws(ControlRefusal) {
        face = request.query("face")
        account = request.query("account")
        reference = request.query("reference")
        symbol = request.query("symbol")
        if let word = request.query("side") {
            guard let side = LedgerWords.side(word) else {
                throw ControlRefusal("side must be BUY or SELL")
            }
            self.side = side
        }
        if let text = request.query("after") {
            guard let number = Int(text) else { throw ControlRefusal("after is not a cursor") }
            after = number
        }
        if let text = request.query("limit") {
            guard let number = Int(text), (1...10_000).contains(number) else {
                throw ControlRefusal("limit must be 1 to 10000")
            }
            limit = number
        }
    }

    /// Walks one account's orders where it is named, and all of them where it is not.
    func page(of world: World) -> (lines: [LedgerLine], next: Int?) {
        var lines: [LedgerLine] = []
        for number in numbers(in: world) where number > after {
            guard let order = world.exchange.order(number) else { continue }
            let line = LedgerLine(
                order: order,
                client: world.clients[order.account],
                symbol: world.exchange.instrument(order.instrument).symbol
            )
            guard matches(line) else { continue }
            if lines.count == limit { return (lines, lines.last?.order.number) }
            lines.append(line)
        }
        return (lines, nil)
    }

    private func numbers(in world: World) -> AnySequence<Int> {
        if let account {
            let faces = face.map { [$0] } ?? Faces.all.map { $0.name }
            let known = faces.compactMap { world.account(face: $0, client: account) }
            return AnySequence(known.flatMap { world.exchange.accounts[$0].orders }.sorted())
        }
        let all = world.exchange.orderNumbers
        return AnySequence(max(after + 1, all.lowerBound)..<max(after + 1, all.upperBound))
    }

    private func matches(_ line: LedgerLine) -> Bool {
        (face ?? line.client.face.name) == line.client.face.name
            && (reference == nil || reference == line.order.reference)
            && (symbol ?? line.symbol) == line.symbol
            && (side ?? line.order.side) == line.order.side
    }
}

/// The ledger in numbers.
private struct LedgerSummary: Sendable {
    struct Group: Hashable {
        let symbol: String
        let isBuy: Bool
    }

    struct Total {
        var orders = 0
        var quantity: Int64 = 0
        var filled: Int64 = 0
        var value = Rupees.zero

        mutating func add(_ order: Order) {
            add(
                Total(
                    orders: 1,
                    quantity: order.quantity,
                    filled: order.filled,
                    value: order.filledValue
                )
            )
        }

        mutating func add(_ other: Total) {
            orders += other.orders
            quantity += other.quantity
            filled += other.filled
            value += other.value
        }
    }

    let booked: Int
    let references: (booked: Int, duplicated: Int)
    private(set) var byState: [OrderState: Int] = [:]
    private(set) var groups: [Group: Total] = [:]

    /// Adds up by number first and by name at the end: calls wait while this looks at every order.
    init(_ exchange: Exchange) {
        booked = exchange.orderNumbers.count
        references = exchange.references
        let instruments = exchange.instruments
        var totals = [Total](repeating: Total(), count: instruments.count * 2)
        for number in exchange.orderNumbers {
            guard let order = exchange.order(number) else { continue }
            byState[order.state, default: 0] += 1
            totals[order.instrument * 2 + (order.side == .buy ? 1 : 0)].add(order)
        }
        for (place, total) in totals.enumerated() where total.orders > 0 {
            let symbol = instruments[place / 2].symbol
            groups[Group(symbol: symbol, isBuy: place % 2 == 1), default: Total()].add(total)
        }
    }

    func write(_ writer: inout JSONWriter) {
        writer.field("booked", booked)
        writer.field("references", references.booked)
        writer.field("duplicates", references.duplicated)
        writer.key("by_status")
        writer.beginObject()
        for state in OrderState.allCases {
            if let count = byState[state] { writer.field(LedgerWords.word(state), count) }
        }
        writer.endObject()
        writer.key("by_symbol_side")
        writer.beginArray()
        let sorted = groups.sorted {
            ($0.key.symbol, $0.key.isBuy ? 0 : 1) < ($1.key.symbol, $1.key.isBuy ? 0 : 1)
        }
        for (group, total) in sorted {
            writer.beginObject()
            writer.field("symbol", group.symbol)
            writer.field("side", group.isBuy ? "BUY" : "SELL")
            writer.field("orders", total.orders)
            writer.field("quantity", total.quantity)
            writer.field("filled_quantity", total.filled)
            writer.field("filled_value", total.value.text(decimals: 2))
            writer.endObject()
        }
        writer.endArray()
    }
}
