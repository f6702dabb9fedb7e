import Postgres
import Trading

/// The SQL of balances, holdings and the journal.
///
/// A client's funds row is the lock of all its money and shares: whoever changes either holds it.
enum LedgerStatements {
    /// Locks the funds of the clients of these intents ($1), in the order of their ids.
    static let lockFunds = PostgresStatement(
        """
        SELECT client_id, \(Funds.columns(of: "funds"))
        FROM funds
        WHERE client_id IN (SELECT client_id FROM order_intent WHERE id = ANY ($1::bigint[]))
        ORDER BY client_id
        FOR NO KEY UPDATE
        """
    )

    /// Reads the holdings that these intents ($1) trade in; to be called under `lockFunds`.
    static let holdings = PostgresStatement(
        """
        SELECT h.client_id, h.instrument_id, h.product, h.quantity, h.reserved, h.cost, h.borrowed
        FROM (
            SELECT DISTINCT i.client_id, t.instrument_id,
                   \(Product.heldAs("t.product")) AS product
            FROM order_intent i JOIN bulk_task t ON t.id = i.task_id
            WHERE i.id = ANY ($1::bigint[])
        ) AS traded
        JOIN holding h USING (client_id, instrument_id, product)
        """
    )

    static let updateFunds = PostgresStatement(
        """
        UPDATE funds AS f
        SET available = n.available, held = n.held, invested = n.invested,
            realised_loss = n.realised_loss, withdrawn = n.withdrawn, interest = n.interest,
            deposited = n.deposited, realised_gain = n.realised_gain, shortfall = n.shortfall,
            borrowed = n.borrowed
        FROM unnest(
            $1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[],
            $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[]
        ) AS n (client_id, available, held, invested, realised_loss, withdrawn, interest, deposited,
                realised_gain, shortfall, borrowed)
        WHERE f.client_id = n.client_id
        """
    )

    static let putHoldings = PostgresStatement(
        """
        INSERT INTO holding (
            client_id, instrument_id, product, quantity, reserved, cost, borrowed
        )
        SELECT * FROM unnest(
            $1::bigint[], $2::bigint[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[],
            $7::bigint[]
        )
        ON CONFLICT (client_id, instrument_id, product) DO UPDATE
        SET quantity = excluded.quantity, reserved = excluded.reserved, cost = excluded.cost,
            borrowed = excluded.borrowed, updated_at = now()
        """
    )

    static let insertTransfers = PostgresStatement(
        """
        INSERT INTO transfer (client_id, intent_id, kind, debit, credit, amount)
        SELECT * FROM unnest(
            $1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::bigint[]
        )
        """
    )
}
