-- Whether the broker said that it has an order of this reference: then no silence of its books ends it.
ALTER TABLE order_attempt ADD is_claimed boolean NOT NULL DEFAULT false;

-- What the broker's own list of addresses says of `egress`; of another address it says nothing.
ALTER TABLE broker_account
    ADD egress_standing text NOT NULL DEFAULT 'unknown'
        CHECK (egress_standing IN ('unknown', 'registered', 'not_registered')),
    -- Which addresses are on that list; for people.
    ADD egress_words text;
