package import Desk
import JSON
import Postgres
package import Trading

/// What was done to accounts at their brokers.
extension PostgresAccountStore: BrokerActionLog {
    private static let find = PostgresStatement(
        """
        SELECT n.id, b.segment, b.code
        FROM instrument n JOIN broker_instrument b ON b.instrument_id = n.id
        WHERE n.exchange = $1 AND lower(n.symbol) = lower($2) AND b.broker = $3
        """
    )

    package func note(_ action: BrokerAction, by actor: Actor) async throws(StoreFailure) {
        let entry = AuditEntry(
            AuditEntry.Action(action.kind),
            trader: action.trader,
            client: action.account.client
        ) {
            $0.field("account", action.account.id.raw)
            $0.field("broker", action.account.broker.rawValue)
            $0.field("broker_client_id", action.account.brokerClientID)
            $0.field("reason", AuditText.foreign(action.reason))
            for (name, value) in action.inputs { $0.field(name, AuditText.foreign(value)) }
            switch action.stage {
            case .begun: $0.field("stage", "begun")
            case .done: $0.field("stage", "done")
            case .failed(let words):
                $0.field("stage", "failed")
                $0.field("words", AuditText.foreign(words))
            }
        }
        try await pool.transact { transaction in
            _ = try await transaction.begin([])
            try await transaction.commit([AuditEntry.write([entry], by: actor)])
        }
    }

    package func listing(_ symbol: String, at exchange: ExchangeName, of broker: BrokerName)
        async throws(StoreFailure) -> BrokerInstrument?
    {
        let rows = try await pool.ask(
            Self.find,
            [.text(exchange.rawValue), .text(symbol), .text(broker.rawValue)]
        )
        return rows.first.map { row in
            BrokerInstrument(
                instrument: InstrumentID(row.int(0)),
                segment: row.text(1),
                code: row.text(2)
            )
        }
    }
}

extension AuditEntry.Action {
    fileprivate init(_ kind: BrokerAction.Kind) {
        self =
            switch kind {
            case .killSwitch: .killSwitchSet
            case .profitExit: .profitExitSet
            case .addresses: .addressesSet
            case .conversion: .positionConverted
            case .saleAuthorization: .saleAuthorizationAsked
            case .nativeExit: .positionsExited
            case .logOut: .loggedOut
            }
    }
}
