-- Traders, users, clients, broker accounts, instruments.

-- One row; made once, so that references of two databases never meet at one broker account.
CREATE TABLE installation (
    only_row   boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    mark       text NOT NULL CHECK (mark ~ '^[0-9A-HJKMNP-TV-Z]{3}$'),
    created_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO installation (mark)
SELECT string_agg(substr('0123456789ABCDEFGHJKMNPQRSTVWXYZ', 1 + floor(random() * 32)::int, 1), '')
FROM generate_series(1, 3);

CREATE TABLE trader (
    id            bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    name          text NOT NULL,
    -- The part of capital per order where a bulk trade names none, in basis points.
    usual_part_bp int NOT NULL DEFAULT 2500 CHECK (usual_part_bp BETWEEN 1 AND 10000),
    created_at    timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE client (
    id         bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    trader_id  bigint NOT NULL REFERENCES trader,
    code       text NOT NULL CHECK (code <> ''),
    name       text NOT NULL CHECK (name <> ''),
    email      text,
    status     text NOT NULL CHECK (status IN ('active', 'inactive', 'pending', 'archived')),
    capital    bigint NOT NULL CHECK (capital >= 0),
    part_bp    int CHECK (part_bp BETWEEN 1 AND 10000),
    groups     text[] NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (trader_id, code)
);
CREATE INDEX client_by_trader ON client (trader_id, id);

CREATE TABLE app_user (
    id            bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    email         text NOT NULL,
    name          text NOT NULL,
    role          text NOT NULL CHECK (role IN ('admin', 'trader', 'client')),
    trader_id     bigint REFERENCES trader,
    client_id     bigint REFERENCES client,
    password_hash text NOT NULL,
    disabled_at   timestamptz,
    created_at    timestamptz NOT NULL DEFAULT now(),
    CHECK ((role = 'admin') = (trader_id IS NULL)),
    CHECK ((role = 'client') = (client_id IS NOT NULL))
);
CREATE UNIQUE INDEX app_user_email ON app_user (lower(email));

-- Only the SHA-256 of a key is kept: keys are random, so a slow hash would add nothing.
CREATE TABLE api_key (
    id         bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    user_id    bigint NOT NULL REFERENCES app_user,
    name       text NOT NULL,
    prefix     text NOT NULL,
    key_hash   bytea NOT NULL UNIQUE,
    created_at timestamptz NOT NULL DEFAULT now(),
    revoked_at timestamptz
);
CREATE INDEX api_key_by_user ON api_key (user_id);

CREATE TABLE broker_account (
    id               bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    client_id        bigint NOT NULL REFERENCES client,
    broker           text NOT NULL CHECK (broker IN ('dhan', 'zerodha', 'upstox', 'groww')),
    broker_client_id text NOT NULL CHECK (broker_client_id <> ''),
    -- Encrypted; null once disconnected. An account that another one has replaced keeps its token,
    -- so that its broker can still be asked about the orders that it had placed.
    token            bytea,
    status           text NOT NULL CHECK (status IN ('connected', 'expired', 'disconnected')),
    session_ends     timestamptz,
    egress           text,
    -- When prices were last read through it; they are read through all of them in turn.
    quoted_at        timestamptz,
    created_at       timestamptz NOT NULL DEFAULT now(),
    updated_at       timestamptz NOT NULL DEFAULT now(),
    UNIQUE (broker, broker_client_id),
    CHECK (status <> 'connected' OR token IS NOT NULL)
) WITH (fillfactor = 80);
-- The account that a client's orders go to is the connected one; at most one.
CREATE UNIQUE INDEX broker_account_connected ON broker_account (client_id)
    WHERE status IN ('connected', 'expired');
CREATE INDEX broker_account_by_client ON broker_account (client_id);

-- Prices are ten-thousandths of a rupee.
CREATE TABLE instrument (
    id              bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    exchange        text NOT NULL CHECK (exchange IN ('NSE', 'BSE')),
    symbol          text NOT NULL,
    series          text NOT NULL,
    name            text NOT NULL,
    isin            text,
    lot             bigint NOT NULL CHECK (lot > 0),
    tick            bigint NOT NULL CHECK (tick > 0),
    freeze_quantity bigint CHECK (freeze_quantity > 0),
    lower_circuit   bigint,
    upper_circuit   bigint,
    -- The day in India for which the two limits were told; on other days they say nothing.
    circuits_on     date,
    price           bigint CHECK (price > 0),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    UNIQUE (exchange, symbol)
);
CREATE INDEX instrument_search ON instrument (lower(symbol) text_pattern_ops);

CREATE TABLE broker_instrument (
    broker        text NOT NULL,
    instrument_id bigint NOT NULL REFERENCES instrument,
    segment       text NOT NULL,
    code          text NOT NULL,
    PRIMARY KEY (broker, instrument_id)
);

-- A row is a switch that is on.
CREATE TABLE halt (
    scope      text NOT NULL CHECK (scope IN ('everything', 'broker', 'trader', 'client')),
    -- The broker's name or the id; empty for everything.
    subject    text NOT NULL,
    why        text NOT NULL,
    user_id    bigint REFERENCES app_user,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (scope, subject)
);
