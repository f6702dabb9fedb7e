-- Changes of orders that rest at their brokers: what was wished, what was held for it, what came of it.

-- The kind and prices that an order has since it was changed; null: those of its bulk trade. None of
-- these columns is written with the order's state, so that writing that costs what it did.
ALTER TABLE order_intent
    ADD COLUMN order_type    text CHECK (order_type IN ('MARKET', 'LIMIT', 'SL', 'SL-M')),
    ADD COLUMN price         bigint CHECK (price > 0),
    ADD COLUMN trigger_price bigint CHECK (trigger_price > 0),
    -- The larger of both quantities while a change has not ended: the books may show either.
    ADD COLUMN ceiling       bigint CHECK (ceiling > 0),
    -- Its quantity where it is one of several orders into which a client's was cut, since the exchange
    -- does not take all in one; their legs tell them apart. Null: it is the only one.
    ADD COLUMN slice         bigint CHECK (slice > 0);

CREATE TABLE modification (
    id               bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    user_id          bigint NOT NULL REFERENCES app_user,
    idempotency_key  text NOT NULL,
    body_hash        bytea NOT NULL,
    intent_id        bigint NOT NULL,
    state            text NOT NULL DEFAULT 'ASKED' CHECK (state IN (
                         'ASKED', 'SENDING', 'UNKNOWN', 'APPLIED', 'REFUSED', 'UNCHANGED',
                         'WITHDRAWN')),
    -- The order as it was, and as it is wished.
    old_quantity     bigint NOT NULL,
    old_type         text NOT NULL,
    old_price        bigint,
    old_trigger      bigint,
    quantity         bigint NOT NULL CHECK (quantity > 0),
    order_type       text NOT NULL,
    price            bigint CHECK (price > 0),
    trigger_price    bigint CHECK (trigger_price > 0),
    -- From which price the new shape's cash follows.
    sizing_price     bigint NOT NULL,
    -- What was held for it in the transaction that made this row, and what its end made free.
    held             bigint NOT NULL CHECK (held >= 0),
    reserved         bigint NOT NULL CHECK (reserved >= 0),
    released         bigint NOT NULL DEFAULT 0 CHECK (released >= 0),
    released_shares  bigint NOT NULL DEFAULT 0 CHECK (released_shares >= 0),
    -- How often it was sent: the number of its latest try, which alone may say what came of it.
    tries            int NOT NULL DEFAULT 0,
    worker           text,
    lease_until      timestamptz,
    -- When the latest send was over at the latest.
    sent_at          timestamptz,
    broker_spoke     boolean NOT NULL DEFAULT false,
    -- Looks since that showed the order as it was.
    looks            int NOT NULL DEFAULT 0,
    reason           text,
    -- What the broker said, or why nothing left; never a secret.
    words            text,
    asked_at         timestamptz NOT NULL DEFAULT now(),
    ended_at         timestamptz,
    -- When a message must have been lost, or the books are to be asked again; null once it has ended.
    due_at           timestamptz,
    UNIQUE (user_id, idempotency_key)
) WITH (fillfactor = 70);
-- One change of an order at a time.
CREATE UNIQUE INDEX modification_open ON modification (intent_id)
    WHERE state IN ('ASKED', 'SENDING', 'UNKNOWN');
CREATE INDEX modification_by_intent ON modification (intent_id, id);
CREATE INDEX modification_due ON modification (due_at) WHERE due_at IS NOT NULL;
SELECT make_append_only('modification', false);

-- Exits: what is open is cancelled, then what is held and free is sold. The cancellation and the bulk
-- trades are rows of their own, under keys that follow from the exit's id.
CREATE TABLE position_exit (
    id              bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    user_id         bigint NOT NULL REFERENCES app_user,
    idempotency_key text NOT NULL,
    body_hash       bytea NOT NULL,
    trader_id       bigint NOT NULL REFERENCES trader,
    -- Both null: all that the trader's clients hold.
    client_id       bigint,
    instrument_id   bigint,
    product         text NOT NULL CHECK (product IN ('CNC', 'INTRADAY', 'MTF', 'NRML')),
    state           text NOT NULL DEFAULT 'CANCELLING'
        CHECK (state IN ('CANCELLING', 'SELLING', 'COMPLETE')),
    cancellation_id bigint,
    sales           bigint[] NOT NULL DEFAULT '{}',
    asked_at        timestamptz NOT NULL DEFAULT now(),
    ended_at        timestamptz,
    UNIQUE (user_id, idempotency_key)
);
CREATE INDEX position_exit_open ON position_exit (id) WHERE state <> 'COMPLETE';
CREATE INDEX position_exit_by_trader ON position_exit (trader_id, id DESC);
SELECT make_append_only('position_exit', false);
