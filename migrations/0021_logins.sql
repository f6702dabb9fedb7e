-- Logins that can be ended from anywhere, guesses that all processes count together, and second
-- factors.

ALTER TABLE app_user
    -- Encrypted; of use once it is confirmed by a first code.
    ADD COLUMN totp_secret       bytea,
    ADD COLUMN totp_confirmed_at timestamptz,
    -- The last step of 30 seconds whose code was used: a code counts once.
    ADD COLUMN totp_used_step    bigint,
    ADD CHECK (totp_confirmed_at IS NULL OR totp_secret IS NOT NULL);

-- For those who have lost their second factor. Only the SHA-256 is kept: codes are random.
CREATE TABLE recovery_code (
    user_id   bigint NOT NULL REFERENCES app_user,
    code_hash bytea NOT NULL,
    used_at   timestamptz,
    PRIMARY KEY (user_id, code_hash)
);

CREATE TABLE login_session (
    id           bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    user_id      bigint NOT NULL REFERENCES app_user,
    created_at   timestamptz NOT NULL DEFAULT now(),
    -- Whatever is refreshed, it ends then.
    ends_at      timestamptz NOT NULL,
    refreshed_at timestamptz NOT NULL DEFAULT now(),
    -- The SHA-256 of the token that refreshes it, and of the one before: who shows that has a copy.
    refresh_hash bytea NOT NULL UNIQUE,
    former_hash  bytea,
    address      text,
    agent        text,
    revoked_at   timestamptz
) WITH (fillfactor = 80);
CREATE INDEX login_session_by_user ON login_session (user_id);
CREATE INDEX login_session_former ON login_session (former_hash) WHERE former_hash IS NOT NULL;

-- Who or what is counted is kept as a SHA-256: in an e-mail's place people type passwords, too.
CREATE TABLE login_failure (
    subject       bytea PRIMARY KEY,
    failures      int NOT NULL DEFAULT 0 CHECK (failures >= 0),
    last_at       timestamptz NOT NULL DEFAULT now(),
    blocked_until timestamptz
);

SELECT show_rows(
    'app_user', 'id = (SELECT viewer_user())',
    'SELECT, UPDATE (password_hash, totp_secret, totp_confirmed_at, totp_used_step)'
);
SELECT show_rows(
    'login_session', 'user_id = (SELECT viewer_user())', 'SELECT, INSERT, UPDATE'
);
SELECT show_rows(
    'recovery_code', 'user_id = (SELECT viewer_user())', 'SELECT, INSERT, UPDATE, DELETE'
);

-- Trades that are too large for one person: they wait until somebody else approves them.

ALTER TABLE trader
    -- Trades above either wait; null: none does.
    ADD COLUMN approval_amount  bigint CHECK (approval_amount >= 0),
    ADD COLUMN approval_clients bigint CHECK (approval_clients >= 0);

ALTER TABLE bulk_task DROP CONSTRAINT bulk_task_state_check;
ALTER TABLE bulk_task ADD CONSTRAINT bulk_task_state_check
    CHECK (state IN ('AWAITING_APPROVAL', 'ACCEPTED', 'RUNNING', 'COMPLETE', 'DECLINED'));

CREATE TABLE approval (
    task_id      bigint PRIMARY KEY REFERENCES bulk_task,
    trader_id    bigint NOT NULL,
    -- Who asked for the trade, and so may not approve it.
    maker_id     bigint NOT NULL REFERENCES app_user,
    -- How large it was found to be; the amount is null where no price was known.
    client_count bigint NOT NULL,
    amount       bigint,
    asked_at     timestamptz NOT NULL DEFAULT now(),
    expires_at   timestamptz NOT NULL,
    verdict      text CHECK (verdict IN ('approved', 'rejected', 'expired')),
    decided_at   timestamptz,
    decider_id   bigint REFERENCES app_user,
    reason       text,
    CHECK ((verdict IS NULL) = (decided_at IS NULL)),
    -- The database itself holds to it: nobody approves the own trade.
    CHECK (verdict <> 'approved' OR decider_id <> maker_id)
);
CREATE INDEX approval_open ON approval (expires_at) WHERE verdict IS NULL;
CREATE INDEX approval_by_trader ON approval (trader_id, task_id DESC);
SELECT make_append_only('approval', false);
SELECT show_rows(
    'approval',
    'trader_id = (SELECT viewer_trader()) AND ((SELECT viewer_client()) IS NULL'
    ' OR maker_id = (SELECT viewer_user()))',
    'SELECT, INSERT, UPDATE'
);
