import Exchange

/// How one order stands, as `OrderDetailsBroadCastDto` (groww.md §7).
///
/// Its prices are paise.
struct GrowwOrderMessage {
    private let update: OrderUpdate
    private let orderIDBase: Int
    private var order: Order { update.event.order }

    init(_ update: OrderUpdate, orderIDBase: Int) {
        self.update = update
        self.orderIDBase = orderIDBase
    }

    /// Where it is published; nil for commodities, which have no stream.
    func subject(of listener: GrowwSocketToken) -> String? {
        switch GrowwWords.place(update.instrument.key.segment)?.segment {
        case "CASH": "stocks/order/updates.apex.\(listener.subscription)"
        case "FNO": "stocks_fo/order/updates.apex.\(listener.subscription)"
        default: nil
        }
    }

    var bytes: [UInt8] {
        var message = ProtobufBytes()
        message.message(1) { stage in
            stage.double(1, Double(update.event.at.indianSecondOfDay))
            stage.text(2, Self.name(of: status))
        }
        message.message(2) { detail(&$0) }
        return message.bytes
    }

    private func detail(_ detail: inout ProtobufBytes) {
        let number = order.number + orderIDBase
        detail.integer(1, order.quantity)
        detail.integer(2, Self.paise(order.price))
        detail.integer(3, Self.paise(order.trigger))
        detail.integer(4, order.filled)
        detail.integer(5, order.remaining)
        detail.integer(6, Self.paise(order.averagePrice))
        detail.text(7, GrowwOrderID.text(number))
        detail.text(8, "1\(number)")
        detail.integer(9, status)
        detail.integer(10, order.validity == .day ? 1 : 0)
        detail.integer(11, update.instrument.growwExchange)
        detail.integer(12, update.instrument.growwSegment)
        detail.integer(13, product)
        detail.integer(14, kind)
        detail.integer(15, order.side == .buy ? 0 : 1)
        if let words = order.rejection?.text { detail.text(16, words) }
        // Shares are named by their ISIN, contracts by their symbol.
        let isShare = update.instrument.option == nil
        detail.text(22, isShare ? update.instrument.isin : GrowwWords.symbol(update.instrument))
        detail.text(23, GrowwOrderID.text(number))
    }

    /// NEW 0, TRIGGER_PENDING 2, APPROVED 3, REJECTED 4, FAILED 5, EXECUTED 6, CANCELLED 8.
    private var status: Int64 {
        switch order.state {
        case .transit: 0
        case .pending: order.isArmed ? 2 : 3
        case .partTraded: 3
        case .rejected: order.rejection?.code == "RMS" ? 5 : 4
        case .traded: 6
        case .cancelled, .expired: 8
        }
    }

    private static func name(of status: Int64) -> String {
        switch status {
        case 0: "NEW"
        case 2: "TRIGGER_PENDING"
        case 3: "APPROVED"
        case 4: "REJECTED"
        case 5: "FAILED"
        case 6: "EXECUTED"
        default: "CANCELLED"
        }
    }

    /// CNC 0, MIS 1, NRML 4, MTF 6.
    private var product: Int64 {
        switch order.product {
        case .delivery: 0
        case .intraday: 1
        case .margin: 4
        case .funded: 6
        }
    }

    /// MKT 0, L 1, SL 2, SL_M 3.
    private var kind: Int64 {
        switch order.kind {
        case .market: 0
        case .limit: 1
        case .stopLimit: 2
        case .stopMarket: 3
        }
    }

    private static func paise(_ price: Rupees) -> Int64 { price.tenThousandths / 100 }
}

extension Instrument {
    /// BSE 0, NSE 1, MCX 2.
    var growwExchange: Int64 {
        switch GrowwWords.place(key.segment)?.exchange {
        case "NSE": 1
        case "MCX": 2
        default: 0
        }
    }

    /// CASH 0, FNO 1, COMMODITY 3.
    var growwSegment: Int64 {
        switch GrowwWords.place(key.segment)?.segment {
        case "FNO": 1
        case "COMMODITY": 3
        default: 0
        }
    }
}
