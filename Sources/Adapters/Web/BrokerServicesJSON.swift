import Desk
import JSON
import Trading

/// What brokers tell of accounts, as the API writes it.
extension JSONWriter {
    mutating func brokerFunds(_ funds: BrokerFunds) {
        beginObject()
        field("available", funds.available.rupees)
        field("utilised", funds.utilised.rupees)
        endObject()
    }

    mutating func brokerProfile(_ profile: BrokerProfile) {
        beginObject()
        field("broker_client_id", profile.brokerClientID)
        fieldOrNull("name", profile.name)
        key("segments")
        beginArray()
        for segment in profile.segments { string(segment) }
        endArray()
        fieldOrNull("has_mandate", profile.hasMandate)
        fieldOrNull("has_margin_funding", profile.hasMarginFunding)
        fieldOrNull("session_ends", profile.sessionEnds.map(TimestampText.text))
        endObject()
    }

    mutating func marginNeed(_ need: MarginNeed) {
        beginObject()
        field("required", need.required.rupees)
        fieldOrNull("available", need.available?.rupees)
        fieldOrNull("missing", need.missing?.rupees)
        fieldOrNull("charges", need.charges?.rupees)
        endObject()
    }

    mutating func charges(_ estimates: [ChargeEstimate]) {
        beginObject()
        field("total", estimates.reduce(Money.zero) { $0 + $1.total }.rupees)
        key("orders")
        beginArray()
        for estimate in estimates {
            beginObject()
            field("total", estimate.total.rupees)
            chargeLines(estimate.lines)
            endObject()
        }
        endArray()
        endObject()
    }

    mutating func chargeLines(_ lines: [ChargeEstimate.Line]) {
        key("lines")
        beginArray()
        for line in lines {
            beginObject()
            field("kind", line.kind.rawValue)
            field("amount", line.amount.rupees)
            endObject()
        }
        endArray()
    }

    mutating func statement(_ lines: [StatementLine]) {
        beginObject()
        key("lines")
        beginArray()
        for line in lines {
            beginObject()
            fieldOrNull("day", line.day?.description)
            field("day_text", line.dayText)
            field("narration", line.narration)
            fieldOrNull("voucher", line.voucher)
            fieldOrNull("exchange", line.exchange)
            field("debit", line.debit.rupees)
            field("credit", line.credit.rupees)
            fieldOrNull("balance", line.balance?.rupees)
            endObject()
        }
        endArray()
        endObject()
    }

    mutating func pastTrades(_ past: PastTrades, _ page: Int) {
        beginObject()
        key("trades")
        beginArray()
        for trade in past.trades {
            beginObject()
            field("trade_id", trade.tradeID)
            fieldOrNull("broker_order_id", trade.brokerOrderID)
            field("symbol", trade.symbol)
            fieldOrNull("isin", trade.isin)
            field("segment", trade.segment)
            field("side", trade.side.rawValue)
            field("quantity", trade.quantity.raw)
            field("price", trade.price.rupees)
            field("at", trade.atText)
            chargeLines(trade.charges)
            endObject()
        }
        endArray()
        fieldOrNull("next_page", past.hasMore ? page + 1 : nil)
        endObject()
    }

    mutating func payments(_ payments: [Payment]) {
        beginObject()
        key("payments")
        beginArray()
        for payment in payments {
            beginObject()
            field("way", payment.isPaidIn ? "in" : "out")
            field("payment_id", payment.id)
            field("amount", payment.amount.rupees)
            field("state", payment.isDone.map { $0 ? "done" : "pending" } ?? "failed")
            field("word", payment.word)
            fieldOrNull("mode", payment.mode)
            fieldOrNull("bank", payment.bank)
            field("at", payment.atText)
            endObject()
        }
        endArray()
        endObject()
    }

    mutating func auctions(_ auctions: [Auction]) {
        beginObject()
        key("auctions")
        beginArray()
        for auction in auctions {
            beginObject()
            field("auction_number", auction.number)
            field("symbol", auction.symbol)
            field("exchange", auction.exchange)
            fieldOrNull("isin", auction.isin)
            field("quantity", auction.quantity.raw)
            fieldOrNull("last_price", auction.lastPrice?.rupees)
            endObject()
        }
        endArray()
        endObject()
    }

    mutating func killSwitches(_ switches: [KillSwitch]) {
        beginObject()
        key("switches")
        beginArray()
        for one in switches {
            beginObject()
            fieldOrNull("segment", one.segment)
            field("on", one.isOn)
            endObject()
        }
        endArray()
        endObject()
    }

    mutating func profitExit(_ rule: ProfitExitRule?) {
        beginObject()
        field("on", rule != nil)
        if let rule {
            field("profit", rule.profit.rupees)
            field("loss", rule.loss.rupees)
            key("products")
            beginArray()
            for product in rule.products.map(\.rawValue).sorted() { string(product) }
            endArray()
            field("kill_switch", rule.killsAfter)
        }
        endObject()
    }

    mutating func addresses(
        _ list: AddressList,
        of account: BrokerAccount,
        endsSessions: Bool? = nil
    ) {
        let standing = EgressStanding(
            of: account.egress.flatMap { EgressPlace($0) },
            registered: list.registered,
            seenFrom: list.seenFrom
        )
        beginObject()
        fieldOrNull("primary", list.primary)
        fieldOrNull("secondary", list.secondary)
        fieldOrNull("changed", list.changed)
        fieldOrNull("seen_from", list.seenFrom)
        fieldOrNull("egress", account.egress.flatMap { EgressPlace($0)?.words })
        field("standing", standing.rawValue)
        if let endsSessions { field("ends_sessions", endsSessions) }
        endObject()
    }

    mutating func saleStanding(_ way: SaleAuthorizationWay, _ standing: SaleStanding) {
        beginObject()
        field("way", way.rawValue)
        fieldOrNull("has_mandate", standing.hasMandate)
        key("shares")
        beginArray()
        for shares in standing.shares {
            beginObject()
            field("isin", shares.isin)
            field("held", shares.held.raw)
            field("authorised", shares.authorised.raw)
            endObject()
        }
        endArray()
        endObject()
    }
}
