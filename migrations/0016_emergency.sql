-- Halts of a symbol; repair and undo of bulk trades; baskets; limits that are checked before sending.

ALTER TABLE halt DROP CONSTRAINT halt_scope_check;
ALTER TABLE halt ADD CONSTRAINT halt_scope_check
    CHECK (scope IN ('everything', 'broker', 'symbol', 'trader', 'client'));

-- Several legs that are one: each is a bulk trade of its own, for the same clients.
CREATE TABLE basket (
    id              bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    trader_id       bigint NOT NULL REFERENCES trader,
    user_id         bigint NOT NULL REFERENCES app_user,
    idempotency_key text NOT NULL,
    body_hash       bytea NOT NULL,
    -- together: all legs at once. sells_first: a client's purchases begin when its sales have ended.
    sequence        text NOT NULL CHECK (sequence IN ('together', 'sells_first')),
    -- What follows for a client of whom a leg is refused: go_on, or stop what was not sent.
    on_refusal      text NOT NULL CHECK (on_refusal IN ('go_on', 'stop')),
    accepted_at     timestamptz NOT NULL DEFAULT now(),
    UNIQUE (trader_id, idempotency_key)
);
CREATE INDEX basket_by_trader ON basket (trader_id, id DESC);
SELECT make_append_only('basket', true);

-- `listed`: each client's quantity is in `listed_quantity`.
ALTER TABLE bulk_task
    DROP CONSTRAINT bulk_task_sizing_check,
    ADD CONSTRAINT bulk_task_sizing_check
        CHECK (sizing IN ('part', 'quantity_within', 'quantity', 'amount', 'listed')),
    ADD COLUMN repairs_task_id bigint,
    ADD COLUMN undoes_task_id bigint,
    ADD COLUMN basket_id bigint,
    ADD COLUMN leg smallint,
    -- Purchases of a basket whose sales come first.
    ADD COLUMN waits_for_sales boolean NOT NULL DEFAULT false;
CREATE UNIQUE INDEX bulk_task_by_basket ON bulk_task (basket_id, leg) WHERE basket_id IS NOT NULL;
CREATE INDEX bulk_task_by_instrument ON bulk_task (trader_id, instrument_id, accepted_at);

-- READY, but behind the sales of its client: no message carries it and nobody claims it.
ALTER TABLE order_intent ADD COLUMN held_back boolean NOT NULL DEFAULT false;

CREATE TABLE listed_quantity (
    task_id   bigint NOT NULL,
    client_id bigint NOT NULL,
    quantity  bigint NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (task_id, client_id)
);
SELECT make_append_only('listed_quantity', true);

-- Which order of a bulk trade was placed again by which other: once, whoever asks how often.
CREATE TABLE task_repair (
    task_id        bigint NOT NULL,
    client_id      bigint NOT NULL,
    repair_task_id bigint NOT NULL,
    PRIMARY KEY (task_id, client_id)
);
SELECT make_append_only('task_repair', true);

-- The undoing of a bulk trade: first the cancel, then, once confirmed, the reverse orders.
CREATE TABLE task_undo (
    task_id         bigint PRIMARY KEY,
    cancellation_id bigint NOT NULL,
    asked_at        timestamptz NOT NULL DEFAULT now(),
    undo_task_id    bigint,
    confirmed_at    timestamptz
);

-- What a trader's clients, each for itself, or one client may do. Every change is a version.
CREATE TABLE risk_limit (
    scope             text NOT NULL CHECK (scope IN ('trader', 'client')),
    subject           bigint NOT NULL,
    version           int NOT NULL CHECK (version > 0),
    -- Null: no limit of this kind.
    orders_per_minute int CHECK (orders_per_minute BETWEEN 1 AND 600),
    position_part_bp  int CHECK (position_part_bp BETWEEN 1 AND 10000),
    max_order_value   bigint CHECK (max_order_value > 0),
    max_day_loss      bigint CHECK (max_day_loss > 0),
    max_day_loss_bp   int CHECK (max_day_loss_bp BETWEEN 1 AND 10000),
    why               text NOT NULL,
    user_id           bigint REFERENCES app_user,
    created_at        timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (scope, subject, version)
);
SELECT make_append_only('risk_limit', true);

-- When orders of a client were sent lately, for those who have a limit of orders per minute; as many
-- as the limit asks for.
CREATE TABLE order_pace (
    client_id bigint PRIMARY KEY,
    sent      timestamptz[] NOT NULL
) WITH (fillfactor = 60);

-- Profit and loss of a day: what is written today stays together.
CREATE INDEX transfer_realised ON transfer (((at AT TIME ZONE 'Asia/Kolkata')::date), client_id)
    WHERE kind IN ('gain', 'loss');
