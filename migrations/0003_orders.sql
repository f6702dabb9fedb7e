-- Bulk trades, one intent per client, attempts at the broker, fills.

CREATE TABLE bulk_task (
    id              bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    trader_id       bigint NOT NULL REFERENCES trader,
    user_id         bigint NOT NULL REFERENCES app_user,
    idempotency_key text NOT NULL,
    body_hash       bytea NOT NULL,
    instrument_id   bigint NOT NULL REFERENCES instrument,
    side            text NOT NULL CHECK (side IN ('BUY', 'SELL')),
    order_type      text NOT NULL CHECK (order_type IN ('MARKET', 'LIMIT', 'SL', 'SL-M')),
    product         text NOT NULL CHECK (product IN ('CNC', 'INTRADAY', 'MTF', 'NRML')),
    validity        text NOT NULL CHECK (validity IN ('DAY', 'IOC')),
    price           bigint CHECK (price > 0),
    trigger_price   bigint CHECK (trigger_price > 0),
    -- part: sizing_part_bp. quantity_within: sizing_quantity, perhaps sizing_part_bp.
    -- quantity: sizing_quantity. amount: sizing_amount.
    sizing          text NOT NULL
        CHECK (sizing IN ('part', 'quantity_within', 'quantity', 'amount')),
    sizing_part_bp  int,
    sizing_quantity bigint,
    sizing_amount   bigint,
    -- Which clients: all, those named, or those of a group.
    client_ids      bigint[],
    client_group    text,
    state           text NOT NULL DEFAULT 'ACCEPTED'
        CHECK (state IN ('ACCEPTED', 'RUNNING', 'COMPLETE')),
    -- From which MARKET orders are sized: the same for every client.
    reference_price bigint,
    reference_at    timestamptz,
    intents_ready   int,
    accepted_at     timestamptz NOT NULL DEFAULT now(),
    planned_at      timestamptz,
    -- When the queue had confirmed the message of every READY intent.
    published_at    timestamptz,
    completed_at    timestamptz,
    UNIQUE (trader_id, idempotency_key)
);
CREATE INDEX bulk_task_unfinished ON bulk_task (id) WHERE state <> 'COMPLETE';
CREATE INDEX bulk_task_by_trader ON bulk_task (trader_id, id DESC);

-- No foreign keys from here on: rows are made by statements that join the tables they point to,
-- nothing is ever deleted, and each key would lock its target once per order.
CREATE TABLE order_intent (
    id              bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    task_id         bigint NOT NULL,
    client_id       bigint NOT NULL,
    leg             smallint NOT NULL DEFAULT 0,
    broker          text NOT NULL,
    account_id      bigint,
    state           text NOT NULL,
    reason          text,
    note            text,
    quantity        bigint NOT NULL DEFAULT 0 CHECK (quantity >= 0),
    sizing_price    bigint,
    -- Cash still held for what is not filled.
    held            bigint NOT NULL DEFAULT 0 CHECK (held >= 0),
    -- Shares still reserved for a sale that is not filled.
    reserved        bigint NOT NULL DEFAULT 0 CHECK (reserved >= 0),
    filled          bigint NOT NULL DEFAULT 0 CHECK (filled >= 0),
    filled_value    bigint NOT NULL DEFAULT 0 CHECK (filled_value >= 0),
    attempts        smallint NOT NULL DEFAULT 0,
    broker_order_id text,
    -- When the scheduler asks the books next. Null where nobody needs to; a SENDING one is due
    -- when its attempt's lease is over, a READY one when its message must have been lost.
    look_at         timestamptz,
    updated_at      timestamptz NOT NULL DEFAULT now(),
    -- Whether the task still waits to learn whether this order was placed.
    awaits          boolean NOT NULL
        GENERATED ALWAYS AS (state IN ('READY', 'SENDING', 'UNKNOWN')) STORED,
    CHECK (state IN ('READY', 'SENDING', 'UNKNOWN', 'ACCEPTED', 'OPEN', 'PARTLY_FILLED', 'FILLED',
                     'CANCEL_REQUESTED', 'CANCELLED', 'REJECTED', 'EXPIRED', 'SKIPPED')),
    UNIQUE (task_id, client_id, leg)
) WITH (fillfactor = 45);
-- What a task still waits for; empty once it is complete.
CREATE INDEX order_intent_awaiting ON order_intent (task_id) WHERE awaits;
CREATE INDEX order_intent_look ON order_intent (look_at) WHERE look_at IS NOT NULL;

CREATE TABLE order_attempt (
    intent_id       bigint NOT NULL,
    number          smallint NOT NULL CHECK (number > 0),
    reference       text NOT NULL UNIQUE,
    -- SENDING, ACCEPTED, REFUSED, NOT_SENT, UNKNOWN, ABSENT
    state           text NOT NULL
        CHECK (state IN ('SENDING', 'ACCEPTED', 'REFUSED', 'NOT_SENT', 'UNKNOWN', 'ABSENT')),
    worker          text NOT NULL,
    fence           bigint NOT NULL DEFAULT 1,
    lease_until     timestamptz NOT NULL,
    sent_at         timestamptz NOT NULL DEFAULT now(),
    answered_at     timestamptz,
    -- What came back, in words; never a secret.
    outcome         text,
    broker_words    text,
    broker_order_id text,
    looks           int NOT NULL DEFAULT 0,
    is_dead         boolean NOT NULL
        GENERATED ALWAYS AS (state IN ('REFUSED', 'NOT_SENT', 'ABSENT')) STORED,
    PRIMARY KEY (intent_id, number)
) WITH (fillfactor = 45);
-- At most one attempt of an intent is not proven dead.
CREATE UNIQUE INDEX order_attempt_alive ON order_attempt (intent_id) WHERE NOT is_dead;

-- Append-only history of each order.
CREATE TABLE order_event (
    id        bigint GENERATED ALWAYS AS IDENTITY,
    at        timestamptz NOT NULL DEFAULT now(),
    intent_id bigint NOT NULL,
    state     text NOT NULL,
    detail    text
);
CREATE INDEX order_event_by_intent ON order_event (intent_id, id);

-- A fill is one broker's trade, booked once.
CREATE TABLE fill (
    intent_id  bigint NOT NULL,
    -- Zero for the paper broker, whose trade ids carry the intent.
    account_id bigint NOT NULL,
    trade_id   text NOT NULL,
    trade_date date NOT NULL,
    quantity   bigint NOT NULL CHECK (quantity > 0),
    price      bigint NOT NULL CHECK (price > 0),
    value      bigint NOT NULL CHECK (value >= 0),
    at         timestamptz NOT NULL,
    booked_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, trade_id, trade_date)
);
CREATE INDEX fill_by_intent ON fill (intent_id);

-- Messages decided in a transaction that the queue does not hold yet.
CREATE TABLE outbox (
    id         bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    -- 'plan' carries a task.
    kind       text NOT NULL CHECK (kind IN ('plan')),
    task_id    bigint NOT NULL REFERENCES bulk_task,
    created_at timestamptz NOT NULL DEFAULT now(),
    -- Until when the row is some relay's to publish.
    taken_until timestamptz
);
CREATE INDEX outbox_by_task ON outbox (task_id);
