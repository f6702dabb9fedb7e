-- Wishes to cancel: who asked for what, which orders it met and how, and what the brokers said.

-- The reason for which an order ends that was never sent, of an order that somebody wishes cancelled;
-- null: nobody does. Not indexed, so that writing it moves no row.
ALTER TABLE order_intent ADD COLUMN cancel_wish text;

-- One request. Its filters hold together: null is no filter. It covers orders of all trades accepted
-- before it, so a trade that is planned later finds it here.
CREATE TABLE cancellation (
    id              bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    user_id         bigint NOT NULL REFERENCES app_user,
    idempotency_key text NOT NULL,
    body_hash       bytea NOT NULL,
    trader_id       bigint,
    task_id         bigint,
    intent_id       bigint,
    client_id       bigint,
    instrument_id   bigint,
    asked_at        timestamptz NOT NULL DEFAULT now(),
    UNIQUE (user_id, idempotency_key)
);
CREATE INDEX cancellation_by_trader ON cancellation (trader_id, id DESC);
CREATE INDEX cancellation_by_time ON cancellation (asked_at);
SELECT make_append_only('cancellation', true);

-- One order that a request met, as it then was: from this follows what became of it.
CREATE TABLE cancelled_order (
    cancellation_id bigint NOT NULL,
    intent_id       bigint NOT NULL,
    found           text NOT NULL,
    held            bigint NOT NULL,
    reserved        bigint NOT NULL,
    filled          bigint NOT NULL,
    filled_value    bigint NOT NULL,
    -- Not before its lock was had: an attempt that begins later was not to be.
    met_at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (cancellation_id, intent_id)
);
SELECT make_append_only('cancelled_order', true);

-- One order that somebody wishes cancelled, whoever and how often: what asking its broker came to.
CREATE TABLE order_cancel (
    intent_id  bigint PRIMARY KEY,
    asked_at   timestamptz NOT NULL DEFAULT now(),
    tries      int NOT NULL DEFAULT 0,
    -- How often the broker refused while its books showed the order alive.
    refusals   int NOT NULL DEFAULT 0,
    is_refused boolean NOT NULL DEFAULT false,
    tried_at   timestamptz,
    -- What the broker said last; never a secret.
    words      text,
    -- When a message must have been lost, or the broker is to be asked again. Null where nobody needs
    -- to: the order has ended, or is not known to be at the broker.
    due_at     timestamptz
) WITH (fillfactor = 70);
CREATE INDEX order_cancel_due ON order_cancel (due_at) WHERE due_at IS NOT NULL;
SELECT make_append_only('order_cancel', false);
