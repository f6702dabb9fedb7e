-- What the brokers' lists say of instruments day by day, how their market feeds name them, and
-- lists of instruments that somebody watches.

-- Hundredths: how many times the own part a purchase on margin may be.
ALTER TABLE instrument ADD COLUMN margin_leverage bigint CHECK (margin_leverage > 0);
-- Where the feed calls it by another name than orders do.
ALTER TABLE broker_instrument ADD COLUMN feed_code text;

-- Words of names, by how they begin. What is added waits in the index's own list, which has room for a
-- whole list of instruments, so that a load costs little; unchanged instruments cost nothing.
CREATE INDEX instrument_by_name ON instrument USING gin (to_tsvector('simple', name))
    WITH (gin_pending_list_limit = 32768);
CREATE INDEX instrument_by_isin ON instrument (isin) WHERE isin IS NOT NULL;

-- Every list that was loaded or refused; a list is held against the last one that was loaded.
CREATE TABLE instrument_load (
    id           bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    broker       text NOT NULL,
    loaded_at    timestamptz NOT NULL DEFAULT now(),
    -- Lines that were taken in, instruments that they name, and those that were new or changed.
    listed       bigint NOT NULL,
    shares       bigint NOT NULL,
    changed      bigint NOT NULL,
    is_refused   boolean NOT NULL,
    milliseconds bigint NOT NULL
);
CREATE INDEX instrument_load_last ON instrument_load (broker, id) WHERE NOT is_refused;

-- What changed of an instrument, by whose list, and when: a row for each field. A new instrument has
-- the field `listed`. Limits and prices of the day are not among them.
CREATE TABLE instrument_change (
    id            bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    instrument_id bigint NOT NULL,
    broker        text NOT NULL,
    field         text NOT NULL,
    was           text,
    became        text,
    changed_at    timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX instrument_change_of ON instrument_change (instrument_id, id);
SELECT make_append_only('instrument_load', true), make_append_only('instrument_change', true);

-- A user's own list of instruments.
CREATE TABLE watchlist (
    id         bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    user_id    bigint NOT NULL REFERENCES app_user,
    name       text NOT NULL CHECK (name <> ''),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (user_id, name)
);
CREATE TABLE watchlist_item (
    watchlist_id  bigint NOT NULL REFERENCES watchlist ON DELETE CASCADE,
    place         bigint NOT NULL,
    instrument_id bigint NOT NULL REFERENCES instrument,
    PRIMARY KEY (watchlist_id, instrument_id)
);
CREATE INDEX watchlist_item_instrument ON watchlist_item (instrument_id);
