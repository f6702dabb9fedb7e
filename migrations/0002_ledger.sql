-- Money of each client, in paise: the balances, and the transfers that made them.

-- One row a client, so that one locked row and one update move an order's money. The database
-- itself holds to double entry: both sides are always equal and nothing is negative. The row is
-- made with the client, and it is the lock of all the client's money and shares.
CREATE TABLE funds (
    client_id     bigint PRIMARY KEY REFERENCES client,
    available     bigint NOT NULL DEFAULT 0 CHECK (available >= 0),
    held          bigint NOT NULL DEFAULT 0 CHECK (held >= 0),
    invested      bigint NOT NULL DEFAULT 0 CHECK (invested >= 0),
    realised_loss bigint NOT NULL DEFAULT 0 CHECK (realised_loss >= 0),
    deposited     bigint NOT NULL DEFAULT 0 CHECK (deposited >= 0),
    realised_gain bigint NOT NULL DEFAULT 0 CHECK (realised_gain >= 0),
    shortfall     bigint NOT NULL DEFAULT 0 CHECK (shortfall >= 0),
    CONSTRAINT funds_balance CHECK (
        available + held + invested + realised_loss = deposited + realised_gain + shortfall
    )
) WITH (fillfactor = 70);

-- Append-only journal: every change of `funds` is the sum of its rows here.
CREATE TABLE transfer (
    id        bigint GENERATED ALWAYS AS IDENTITY,
    at        timestamptz NOT NULL DEFAULT now(),
    client_id bigint NOT NULL,
    intent_id bigint,
    kind      text NOT NULL,
    debit     text NOT NULL,
    credit    text NOT NULL,
    amount    bigint NOT NULL CHECK (amount > 0),
    CHECK (debit <> credit)
);
CREATE INDEX transfer_by_client ON transfer (client_id, id);

CREATE TABLE holding (
    client_id     bigint NOT NULL,
    instrument_id bigint NOT NULL,
    quantity      bigint NOT NULL CHECK (quantity >= 0),
    -- Promised to sales that are not filled yet.
    reserved      bigint NOT NULL DEFAULT 0 CHECK (reserved BETWEEN 0 AND quantity),
    cost          bigint NOT NULL CHECK (cost >= 0),
    updated_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (client_id, instrument_id)
) WITH (fillfactor = 70);
