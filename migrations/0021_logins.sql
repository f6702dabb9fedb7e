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
