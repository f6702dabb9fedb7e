-- What comes of a conditional order is an order of ours; and clients without a broker have
-- conditional orders too, on paper.
ALTER TABLE conditional_order
    -- Null exactly where the paper broker executes.
    ALTER COLUMN account_id DROP NOT NULL,
    -- When the broker's list last showed that it waits.
    ADD COLUMN seen_at timestamptz,
    ADD CHECK ((account_id IS NULL) = (broker = 'paper'));

-- One row for each order at a broker that came of a conditional order: once, however often it is seen.
CREATE TABLE conditional_firing (
    account_id      bigint NOT NULL REFERENCES broker_account,
    broker_order_id text NOT NULL,
    conditional_id  bigint NOT NULL REFERENCES conditional_order,
    trader_id       bigint NOT NULL,
    client_id       bigint NOT NULL,
    side            text NOT NULL CHECK (side IN ('BUY', 'SELL')),
    intent_id       bigint NOT NULL UNIQUE,
    at              timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, broker_order_id)
);
CREATE INDEX conditional_firing_of ON conditional_firing (conditional_id);
SELECT make_append_only('conditional_firing', true);
SELECT show_rows('conditional_firing', own_rows('conditional_firing'), 'SELECT');

-- Which brokers there are the adapters say: another one needs no change here.
ALTER TABLE broker_account DROP CONSTRAINT broker_account_broker_check;
ALTER TABLE broker_account ADD CHECK (broker ~ '^[a-z]+$' AND broker <> 'paper');
