-- Money that clients pay in and out, money that brokers lend (MTF), preflights, and alerts.

-- What clients took out of their profit and what lent money cost are where money went; what brokers
-- lent is where it came from.
ALTER TABLE funds
    ADD COLUMN withdrawn bigint NOT NULL DEFAULT 0 CHECK (withdrawn >= 0),
    ADD COLUMN interest bigint NOT NULL DEFAULT 0 CHECK (interest >= 0),
    ADD COLUMN borrowed bigint NOT NULL DEFAULT 0 CHECK (borrowed >= 0),
    DROP CONSTRAINT funds_balance,
    ADD CONSTRAINT funds_balance CHECK (
        available + held + invested + realised_loss + withdrawn + interest
            = deposited + realised_gain + shortfall + borrowed
    );

-- Who owes interest.
CREATE INDEX funds_borrowed ON funds (client_id) WHERE borrowed > 0;

-- Of what the shares cost, the part that is lent; the sum over a client's holdings is `funds.borrowed`.
ALTER TABLE holding
    ADD COLUMN borrowed bigint NOT NULL DEFAULT 0 CHECK (borrowed >= 0);

-- Of what the filled part cost, the part that was lent.
ALTER TABLE order_intent
    ADD COLUMN borrowed bigint NOT NULL DEFAULT 0 CHECK (borrowed >= 0),
    -- The very quantity to order, where a preflight has shown it.
    ADD COLUMN fixed_quantity bigint CHECK (fixed_quantity > 0);

-- How many times the own money an MTF purchase may cost, in hundredths: 500 is five times.
ALTER TABLE trader
    ADD COLUMN mtf_leverage int NOT NULL DEFAULT 500 CHECK (mtf_leverage BETWEEN 100 AND 500);

-- A client's statement is found by its time: an index by client would be written to at as many
-- places as there are clients.
CREATE INDEX transfer_by_time ON transfer USING brin (at) WITH (autosummarize = on);

-- What was lent at a past moment is told from these.
CREATE INDEX transfer_loans ON transfer (client_id, at)
    WHERE debit = 'borrowed' OR credit = 'borrowed';

-- Money paid in or out by hand.
CREATE TABLE cash_move (
    id              bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    client_id       bigint NOT NULL REFERENCES client,
    kind            text NOT NULL CHECK (kind IN ('deposit', 'withdrawal')),
    amount          bigint NOT NULL CHECK (amount > 0),
    note            text,
    user_id         bigint NOT NULL REFERENCES app_user,
    idempotency_key text NOT NULL,
    body_hash       bytea NOT NULL,
    at              timestamptz NOT NULL DEFAULT now(),
    UNIQUE (user_id, idempotency_key)
);
CREATE INDEX cash_move_by_client ON cash_move (client_id, id);
SELECT make_append_only('cash_move', true);

-- What a bulk trade would come to, as it was shown. Those that were not executed are deleted once
-- they are old; those that were stay, as what the trader saw.
CREATE TABLE preflight (
    id              bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    trader_id       bigint NOT NULL REFERENCES trader,
    user_id         bigint NOT NULL REFERENCES app_user,
    instrument_id   bigint NOT NULL REFERENCES instrument,
    side            text NOT NULL CHECK (side IN ('BUY', 'SELL')),
    order_type      text NOT NULL CHECK (order_type IN ('MARKET', 'LIMIT', 'SL', 'SL-M')),
    product         text NOT NULL CHECK (product IN ('CNC', 'INTRADAY', 'MTF', 'NRML')),
    validity        text NOT NULL CHECK (validity IN ('DAY', 'IOC')),
    price           bigint CHECK (price > 0),
    trigger_price   bigint CHECK (trigger_price > 0),
    -- As in `bulk_task`.
    sizing          text NOT NULL
        CHECK (sizing IN ('part', 'quantity_within', 'quantity', 'amount')),
    sizing_part_bp  int,
    sizing_quantity bigint,
    sizing_amount   bigint,
    client_ids      bigint[],
    client_group    text,
    resend_within_seconds int,
    -- From which all were sized; null: none was known. How old it was then; null: nobody says.
    used_price      bigint CHECK (used_price > 0),
    price_age_us    bigint,
    created_at      timestamptz NOT NULL,
    expires_at      timestamptz NOT NULL CHECK (expires_at > created_at)
);
CREATE INDEX preflight_by_end ON preflight (expires_at);

CREATE TABLE preflight_row (
    preflight_id bigint NOT NULL,
    client_id    bigint NOT NULL,
    broker       text NOT NULL,
    account_id   bigint,
    -- What would be ordered; zero where there are reasons against it.
    quantity     bigint NOT NULL CHECK (quantity >= 0),
    -- What was asked for, before the reasons.
    wanted       bigint NOT NULL CHECK (wanted >= 0),
    reasons      text[] NOT NULL,
    -- What fits where money is short.
    fits         bigint,
    cost         bigint NOT NULL,
    hold         bigint NOT NULL,
    own          bigint NOT NULL,
    borrowed     bigint NOT NULL,
    charges      bigint NOT NULL,
    available    bigint NOT NULL,
    PRIMARY KEY (preflight_id, client_id),
    CHECK ((quantity = 0) = (cardinality(reasons) > 0))
);

ALTER TABLE bulk_task
    -- The preflight that it executes: its clients, and each one's quantity.
    ADD COLUMN preflight_id bigint,
    -- As `trader.mtf_leverage` was when an MTF trade was submitted.
    ADD COLUMN mtf_leverage int CHECK (mtf_leverage BETWEEN 100 AND 500);
-- A preflight is executed once.
CREATE UNIQUE INDEX bulk_task_of_preflight ON bulk_task (preflight_id)
    WHERE preflight_id IS NOT NULL;

-- Interest on lent money, a row a client and a day that it was lent overnight.
CREATE TABLE mtf_interest (
    day       date NOT NULL,
    client_id bigint NOT NULL,
    broker    text NOT NULL,
    -- What was lent at the end of the day.
    borrowed  bigint NOT NULL CHECK (borrowed > 0),
    -- Parts of 1,000,000,000 a day.
    rate      bigint NOT NULL CHECK (rate >= 0),
    amount    bigint NOT NULL CHECK (amount >= 0),
    at        timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (day, client_id)
);
SELECT make_append_only('mtf_interest', true);

-- Conditions that somebody should know of: one row for each as long as it lasts.
CREATE TABLE alert (
    id         bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    kind       text NOT NULL,
    trader_id  bigint NOT NULL,
    client_id  bigint NOT NULL,
    -- One sentence with the figures of the last look.
    text       text NOT NULL,
    times_seen int NOT NULL DEFAULT 1,
    opened_at  timestamptz NOT NULL DEFAULT now(),
    seen_at    timestamptz NOT NULL DEFAULT now(),
    closed_at  timestamptz,
    acked_at   timestamptz,
    acked_by   bigint
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX alert_open ON alert (kind, client_id) WHERE closed_at IS NULL;
CREATE INDEX alert_by_trader ON alert (trader_id, id DESC);
SELECT make_append_only('alert', false);
