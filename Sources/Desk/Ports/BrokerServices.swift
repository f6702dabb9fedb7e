/// What a broker does for an account beside orders and books; nil: it cannot be asked for it.
///
/// One member per ability of `BrokerTraits.abilities`; the conformance suite holds the two together.
package struct BrokerServices: Sendable {
    package var profile: (any ProfileSource)?
    package var margins: (any MarginSource)?
    package var charges: (any ChargeSource)?
    package var ledger: (any LedgerStatementSource)?
    package var tradeHistory: (any TradeStatementSource)?
    package var sales: (any SaleAuthorization)?
    package var killSwitch: (any TraderControl)?
    package var profitExit: (any ProfitExit)?
    package var addresses: (any RegisteredAddresses)?
    package var conversion: (any PositionConversion)?
    package var exit: (any NativeExit)?
    package var profitReport: (any ProfitReportSource)?
    package var renewal: (any SessionRenewal)?
    package var sessionEnd: (any SessionEnd)?
    package var payments: (any PaymentSource)?
    package var auctions: (any AuctionSource)?
    package var depth: (any DepthSource)?

    package init() {}
}

extension Broker {
    /// Nothing, unless the adapter says otherwise.
    package var services: BrokerServices { BrokerServices() }
}
