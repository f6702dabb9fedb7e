import Desk
import JSON
import Trading

extension JSONWriter {
    /// A client's portfolio, as an object.
    mutating func portfolio(_ portfolio: ClientPortfolio) {
        beginObject()
        field("client_id", portfolio.client.id.raw)
        field("client_code", portfolio.client.code)
        field("client_name", portfolio.client.name)
        field("as_of", TimestampText.text(portfolio.at))
        key("total")
        beginObject()
        worth(portfolio.worth)
        money(portfolio.funds)
        field("realised_today", portfolio.realisedToday.rupees)
        endObject()
        key("holdings")
        beginArray()
        for held in portfolio.holdings { holding(held) }
        endArray()
        key("positions")
        beginArray()
        for position in portfolio.positions { dayPosition(position) }
        endArray()
        endObject()
    }

    /// A trader's clients together.
    mutating func traderTotal(_ total: TraderTotal) {
        key("total")
        beginObject()
        field("clients", total.clients)
        worth(total.worth)
        money(total.funds)
        endObject()
        key("holdings")
        beginArray()
        for held in total.holdings {
            beginObject()
            shares(held.shares, held.quote, held.valuation)
            endObject()
        }
        endArray()
    }

    /// One client in a trader's list.
    mutating func clientWorth(_ row: ClientWorth) {
        beginObject()
        field("client_id", row.client.id.raw)
        field("client_code", row.client.code)
        field("client_name", row.client.name)
        worth(row.worth)
        money(row.funds)
        endObject()
    }

    /// What a bulk trade came to, for one client or for all.
    mutating func tradeSums(_ sums: TradeSums) {
        field("quantity", sums.quantity.raw)
        field("value", sums.value.rupees)
        fieldOrNull("average_price", Price(average: sums.value, of: sums.quantity)?.rupees)
        field("realised", sums.realised.rupees)
        field("held_quantity", sums.held.raw)
        field("held_cost", sums.heldCost.rupees)
        valuation(sums.valuation)
    }

    /// One trade of a client.
    mutating func transaction(_ row: BookedFill) {
        let fill = row.fill
        beginObject()
        field("order_id", fill.intent.raw)
        field("task_id", fill.task.raw)
        field("trade_id", row.tradeID)
        field("symbol", row.symbol)
        field("exchange", row.exchange.rawValue)
        field("side", fill.side.rawValue)
        field("product", fill.product.rawValue)
        field("quantity", fill.quantity.raw)
        field("price", fill.price.rupees)
        field("amount", fill.value.rupees)
        field("at", TimestampText.text(fill.at))
        endObject()
    }

    /// A price with its age; null, and said so, where nobody told a fresh one.
    mutating func quote(_ quote: Quote?) {
        fieldOrNull("last_price", quote?.price.rupees)
        fieldOrNull("price_age_seconds", quote?.age.components.seconds)
        field("price_state", quote == nil ? "no_fresh_price" : "fresh")
    }

    private mutating func holding(_ held: ValuedHolding) {
        beginObject()
        shares(held.shares, held.quote, held.valuation)
        field("realised", held.realised.rupees)
        field("matches_ledger", held.isProven)
        key("tasks")
        beginArray()
        for lot in held.lots {
            beginObject()
            field("task_id", lot.task.raw)
            field("order_id", lot.intent.raw)
            field("product", lot.product.rawValue)
            field("quantity", lot.held.raw)
            field("cost", lot.heldCost.rupees)
            field("bought_at", TimestampText.text(lot.boughtAt))
            endObject()
        }
        endArray()
        field("unattributed_quantity", held.unattributed.raw)
        endObject()
    }

    private mutating func shares(_ held: HeldShares, _ price: Quote?, _ worth: Valuation?) {
        field("symbol", held.symbol)
        field("exchange", held.exchange.rawValue)
        field("product", held.key.product.rawValue)
        field("quantity", held.holding.quantity.raw)
        field("free_quantity", held.holding.free.raw)
        fieldOrNull("average_price", held.holding.averagePrice?.rupees)
        field("invested", held.holding.cost.rupees)
        field("borrowed", held.holding.borrowed.rupees)
        quote(price)
        valuation(worth)
    }

    private mutating func dayPosition(_ traded: ValuedPosition) {
        let position = traded.position
        beginObject()
        field("symbol", traded.symbol)
        field("exchange", traded.exchange.rawValue)
        field("product", position.product.rawValue)
        field("bought_quantity", position.bought.raw)
        field("bought_value", position.boughtValue.rupees)
        fieldOrNull("bought_average", position.boughtAverage?.rupees)
        field("sold_quantity", position.sold.raw)
        field("sold_value", position.soldValue.rupees)
        fieldOrNull("sold_average", position.soldAverage?.rupees)
        field("net_quantity", position.net)
        field("realised", position.realised.rupees)
        quote(traded.quote)
        fieldOrNull("change", traded.change?.rupees)
        endObject()
    }

    private mutating func valuation(_ valuation: Valuation?) {
        fieldOrNull("market_value", valuation?.marketValue.rupees)
        fieldOrNull("unrealised", valuation?.unrealised.rupees)
        fieldOrNull("unrealised_percent", valuation?.rate?.percent)
    }

    private mutating func worth(_ worth: Worth) {
        field("invested", worth.invested.rupees)
        valuation(worth.valuation)
        key("unpriced_symbols")
        beginArray()
        for held in worth.unpriced { string(held.symbol) }
        endArray()
    }

    /// The ledger's cash, and what all sales ever earned by it.
    private mutating func money(_ funds: Funds) {
        field("available", funds.available.rupees)
        field("held", funds.held.rupees)
        field("borrowed", funds.borrowed.rupees)
        field("realised", (funds.realisedGain - funds.realisedLoss).rupees)
    }
}
