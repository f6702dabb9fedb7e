-- Links to brokers' login pages. A row is kept so that a link is used once; its mark is random, and
-- of no use without the signature that the link carries.
CREATE TABLE login_link (
    mark       bytea PRIMARY KEY CHECK (octet_length(mark) >= 16),
    account_id bigint NOT NULL REFERENCES broker_account,
    created_at timestamptz NOT NULL DEFAULT now(),
    ends_at    timestamptz NOT NULL,
    -- When somebody came back with it, or it was made useless.
    used_at    timestamptz
);
CREATE INDEX login_link_by_account ON login_link (account_id);
CREATE INDEX login_link_open ON login_link (ends_at) WHERE used_at IS NULL;
