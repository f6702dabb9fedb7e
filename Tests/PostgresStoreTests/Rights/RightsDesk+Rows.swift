import Desk
import Trading

@testable import PostgresStore

extension RightsDesk {
    /// A row of the victim's in every table that nothing else has filled: whose a row is must be tried
    /// with one.
    static func rest(_ desk: OrdersDesk, _ filled: Attempt, _ account: Int64) -> [String] {
        let client = "(SELECT min(id) FROM client)"
        let instrument = "(SELECT min(id) FROM instrument)"
        let (trader, user, task) = (desk.trader, desk.user, filled.job.task)
        return [
            "INSERT INTO alert (kind, trader_id, client_id, text) "
                + "VALUES ('k', \(trader), \(client), 't')",
            """
            INSERT INTO basket (trader_id, user_id, idempotency_key, body_hash, sequence, on_refusal)
            VALUES (\(trader), \(user), 'k', '\\x01', 'together', 'go_on')
            """,
            """
            INSERT INTO cash_move (client_id, kind, amount, user_id, idempotency_key, body_hash)
            VALUES (\(client), 'deposit', 1, \(user), 'k', '\\x01')
            """,
            """
            INSERT INTO conditional_order (
                trader_id, client_id, account_id, broker, user_id, idempotency_key, body_hash,
                instrument_id, kind, side, product, direction, levels, state
            )
            VALUES (\(trader), \(client), \(account), 'dhan', \(user), 'k', '\\x01', \(instrument),
                    'SINGLE', 'BUY', 'CNC', 'FALLS_TO', '{1,0,1,0,0,0,0}', 'WAITING')
            """,
            """
            INSERT INTO conditional_firing (
                account_id, broker_order_id, conditional_id, trader_id, client_id, side, intent_id
            )
            SELECT account_id, 'B', id, trader_id, client_id, 'BUY', \(filled.job.intent)
            FROM conditional_order
            """,
            "INSERT INTO listed_quantity (task_id, client_id, quantity) "
                + "VALUES (\(task), \(client), 1)",
            """
            INSERT INTO modification (
                user_id, idempotency_key, body_hash, intent_id, old_quantity, old_type, quantity,
                order_type, sizing_price, held, reserved
            )
            VALUES (\(user), 'k', '\\x01', \(filled.job.intent), 1, 'LIMIT', 2, 'LIMIT', 1, 0, 0)
            """,
            "INSERT INTO mtf_interest (day, client_id, broker, borrowed, rate, amount) "
                + "VALUES ('2026-11-27', \(client), 'dhan', 1, 1, 1)",
            "INSERT INTO order_pace (client_id, sent) VALUES (\(client), '{}')",
            """
            INSERT INTO position_exit (user_id, idempotency_key, body_hash, trader_id, product)
            VALUES (\(user), 'k', '\\x01', \(trader), 'CNC')
            """,
            """
            INSERT INTO preflight (
                trader_id, user_id, instrument_id, side, order_type, product, validity, sizing,
                created_at, expires_at
            )
            VALUES (\(trader), \(user), \(instrument), 'BUY', 'MARKET', 'CNC', 'DAY', 'part', now(),
                    now() + interval '5 min')
            """,
            """
            INSERT INTO preflight_row (
                preflight_id, client_id, broker, quantity, wanted, reasons, cost, hold, own,
                borrowed, charges, available
            )
            SELECT max(id), \(client), 'dhan', 1, 1, '{}', 0, 0, 0, 0, 0, 0 FROM preflight
            """,
            "INSERT INTO risk_limit (scope, subject, version, why) "
                + "VALUES ('client', \(client), 1, 'why'), ('trader', \(trader), 1, 'why')",
            "INSERT INTO task_repair (task_id, client_id, leg, repair_task_id) "
                + "VALUES (\(task), \(client), 0, \(task))",
            "INSERT INTO task_undo (task_id, cancellation_id) VALUES (\(task), 1)",
            "INSERT INTO watchlist (user_id, name) VALUES (\(user), 'n')",
            "INSERT INTO watchlist_item (watchlist_id, place, instrument_id) "
                + "SELECT max(id), 0, \(instrument) FROM watchlist",
        ]
    }
}
