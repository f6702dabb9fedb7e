-- What is known of orders in doubt, what operators decided of them, and where our books and the
-- brokers' differ.

-- Null: nothing is ever sent again (`ask`).
ALTER TABLE bulk_task ADD COLUMN resend_within_seconds int
    CHECK (resend_within_seconds BETWEEN 1 AND 3600);
-- The bulk trades of a day.
CREATE INDEX bulk_task_by_time ON bulk_task (accepted_at);

ALTER TABLE order_attempt
    -- Since when it is UNKNOWN: the send was over by then.
    ADD COLUMN unknown_since timestamptz,
    -- Looks that saw the whole book and all trades without the order.
    ADD COLUMN absences int NOT NULL DEFAULT 0,
    ADD COLUMN looked_at timestamptz,
    -- What the last look brought, in words; never a secret.
    ADD COLUMN look_answer text,
    -- When people were told of the doubt; once.
    ADD COLUMN alerted_at timestamptz,
    -- A column of its own, so that the index below does not make each change of state dearer.
    ADD COLUMN is_unknown boolean NOT NULL GENERATED ALWAYS AS (state = 'UNKNOWN') STORED;
UPDATE order_attempt SET unknown_since = coalesce(answered_at, lease_until) WHERE state = 'UNKNOWN';
CREATE INDEX order_attempt_unknown ON order_attempt (intent_id) WHERE is_unknown;

-- What operators decided of UNKNOWN orders, with what was known at that moment.
CREATE TABLE order_decision (
    intent_id       bigint NOT NULL,
    attempt         smallint NOT NULL,
    at              timestamptz NOT NULL DEFAULT now(),
    user_id         bigint,
    verdict         text NOT NULL CHECK (verdict IN ('placed', 'not_placed')),
    broker_order_id text,
    reason          text NOT NULL CHECK (reason <> ''),
    known           jsonb NOT NULL,
    -- One winner, whatever else fails.
    PRIMARY KEY (intent_id, attempt),
    CHECK ((verdict = 'placed') = (broker_order_id IS NOT NULL))
);
SELECT make_append_only('order_decision', true);

-- Differences between our books and a broker's: open as long as the comparison finds them.
CREATE TABLE drift (
    id              bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    account_id      bigint NOT NULL,
    client_id       bigint NOT NULL,
    trader_id       bigint NOT NULL,
    kind            text NOT NULL,
    -- The broker's order id, our reference, or a symbol: with kind and account it names the drift.
    subject         text NOT NULL,
    intent_id       bigint,
    -- Each side's numbers; null where a side has nothing.
    our_state       text,
    our_quantity    bigint,
    our_filled      bigint,
    their_state     text,
    their_quantity  bigint,
    their_filled    bigint,
    times_seen      int NOT NULL DEFAULT 1,
    opened_at       timestamptz NOT NULL DEFAULT now(),
    seen_at         timestamptz NOT NULL DEFAULT now(),
    closed_at       timestamptz
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX drift_open ON drift (account_id, kind, subject) WHERE closed_at IS NULL;
CREATE INDEX drift_by_client ON drift (client_id, id DESC);
SELECT make_append_only('drift', false);
