-- When a conditional order fired, as its broker says, and whether what it sent had filled by then.
ALTER TABLE conditional_order
    ADD COLUMN fired_at timestamptz,
    ADD COLUMN has_filled boolean NOT NULL DEFAULT false;

-- What brokers' messages name, of those that wait.
CREATE INDEX conditional_order_named ON conditional_order (broker_id)
    WHERE broker_id IS NOT NULL AND state IN ('WAITING', 'ENTERED');
CREATE INDEX conditional_order_referred ON conditional_order (reference)
    WHERE state IN ('WAITING', 'ENTERED');
