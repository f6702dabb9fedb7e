-- A client's own app at the broker. Where an app is one client's, a session is asked for by it, in the
-- broker's own app and without a link.
CREATE TABLE login_app (
    account_id bigint PRIMARY KEY REFERENCES broker_account,
    app_key    text NOT NULL CHECK (app_key <> ''),
    -- Encrypted.
    app_secret bytea NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now()
);
SELECT show_rows('login_app', own_rows('login_app'), 'SELECT, INSERT, UPDATE, DELETE');

ALTER TABLE login_link
    -- Not null where no link was given to anybody: the owner of this app was asked for a session.
    ADD COLUMN app_key text,
    -- The SHA-256 of the token that came of it: a token counts once.
    ADD COLUMN granted_hash bytea;
