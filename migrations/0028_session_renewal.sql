-- Whether the token may be renewed: its owner made it by hand, and no broker has refused to renew it. Of
-- tokens from before nobody knows where they came from; the next one that is brought tells.
ALTER TABLE broker_account
    ADD is_renewable       boolean NOT NULL DEFAULT false,
    -- When its broker was last asked for a new one and gave none, and what it said; never a secret.
    ADD renewal_failed_at  timestamptz,
    ADD renewal_words      text;

CREATE INDEX broker_account_renewable ON broker_account (session_ends)
    WHERE is_renewable AND status = 'connected';
