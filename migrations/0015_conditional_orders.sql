-- Orders that wait at a broker for a price: one row each, changed under its lock.
CREATE TABLE conditional_order (
    id              bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    trader_id       bigint NOT NULL REFERENCES trader,
    client_id       bigint NOT NULL REFERENCES client,
    account_id      bigint NOT NULL REFERENCES broker_account,
    broker          text NOT NULL,
    user_id         bigint NOT NULL REFERENCES app_user,
    -- Null in the exits of a bracket, which nobody asked for by themselves.
    idempotency_key text,
    body_hash       bytea,
    -- The bracket whose exits these are; a bracket has them once.
    parent_id       bigint UNIQUE REFERENCES conditional_order,
    instrument_id   bigint NOT NULL REFERENCES instrument,
    kind            text NOT NULL CHECK (kind IN ('SINGLE', 'OCO', 'BRACKET')),
    side            text NOT NULL CHECK (side IN ('BUY', 'SELL')),
    product         text NOT NULL,
    direction       text CHECK (direction IN ('RISES_TO', 'FALLS_TO')),
    -- Quantity, the entry's limit, then trigger and limit of the first leg and of the second, then
    -- the trail; prices in ten-thousandths of a rupee, 0 where there is none.
    levels          bigint[] NOT NULL CHECK (cardinality(levels) = 7),
    -- What somebody wishes instead, and the broker has not taken yet.
    wished          bigint[] CHECK (cardinality(wished) = 7),
    state           text NOT NULL CHECK (state IN (
        'READY', 'SENDING', 'UNKNOWN', 'WAITING', 'ENTERED', 'CANCEL_REQUESTED', 'TRIGGERED',
        'CANCELLED', 'REJECTED', 'EXPIRED'
    )),
    fence           bigint NOT NULL DEFAULT 0,
    reference       text,
    broker_id       text,
    orders          text[] NOT NULL DEFAULT '{}',
    reason          text,
    -- What the broker said last; never a secret.
    words           text,
    tries           bigint NOT NULL DEFAULT 0,
    looks           bigint NOT NULL DEFAULT 0,
    absences        bigint NOT NULL DEFAULT 0,
    started_at      timestamptz,
    is_cancel_asked boolean NOT NULL DEFAULT false,
    -- When somebody must act or look next; null once nothing more is expected.
    due_at          timestamptz,
    -- The bulk trade that a bracket's entry goes by, where the broker has no brackets.
    entry_task_id   bigint,
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    UNIQUE (user_id, idempotency_key),
    CHECK ((kind = 'SINGLE') = (direction IS NOT NULL))
) WITH (fillfactor = 60);
-- No two of ours are the same one at the broker.
CREATE UNIQUE INDEX conditional_order_at_broker ON conditional_order (account_id, broker_id)
    WHERE broker_id IS NOT NULL;
CREATE INDEX conditional_order_due ON conditional_order (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX conditional_order_by_trader ON conditional_order (trader_id, id DESC);
CREATE INDEX conditional_order_by_client ON conditional_order (client_id, id DESC);
CREATE TRIGGER conditional_order_stays BEFORE DELETE ON conditional_order
    FOR EACH ROW EXECUTE FUNCTION refuse_delete();
SELECT make_append_only('conditional_order', false);
