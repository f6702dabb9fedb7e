-- What a broker said of a session when it was asked: before the market opens, and of every new token.
ALTER TABLE broker_account
    ADD checked_at   timestamptz,
    ADD check_result text CHECK (check_result IN ('good', 'ended', 'refused', 'unreachable')),
    -- What the broker said where it was not good; never a secret.
    ADD check_words  text,
    ADD CHECK ((checked_at IS NULL) = (check_result IS NULL));
