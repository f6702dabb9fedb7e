-- Who may see what, held by the database itself: requests of traders and clients run as the role
-- `volley_viewer`, under row-level security; workers, scheduler, relay and admins run as the owner.
--
-- A transaction of a request sets the role, and says on whose behalf it reads and writes:
-- volley.user, volley.trader, and for a client volley.client. A statement that forgets to ask for
-- the trader's rows alone then still finds no others.

-- One login is enough: the owner lends itself the role for a transaction.
DO $$
BEGIN
    -- Roles belong to the whole server: other databases' migrations may be at it as well.
    PERFORM pg_advisory_xact_lock(hashtext('volley_viewer'));
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'volley_viewer') THEN
        BEGIN
            CREATE ROLE volley_viewer NOLOGIN;
        EXCEPTION
            WHEN duplicate_object OR unique_violation THEN NULL;
            WHEN insufficient_privilege THEN
                RAISE EXCEPTION 'this login may not make roles; let an administrator say: '
                    'CREATE ROLE volley_viewer NOLOGIN; GRANT volley_viewer TO %', current_user;
        END;
    END IF;
    IF NOT pg_has_role(current_user, 'volley_viewer', 'MEMBER') THEN
        EXECUTE format('GRANT volley_viewer TO %I', current_user);
    END IF;
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO volley_viewer', current_schema());
END $$;

-- On whose behalf; null: nobody's, so that no row is seen.
CREATE FUNCTION viewer_user() RETURNS bigint LANGUAGE sql STABLE
    AS $$ SELECT nullif(current_setting('volley.user', true), '')::bigint $$;
CREATE FUNCTION viewer_trader() RETURNS bigint LANGUAGE sql STABLE
    AS $$ SELECT nullif(current_setting('volley.trader', true), '')::bigint $$;
CREATE FUNCTION viewer_client() RETURNS bigint LANGUAGE sql STABLE
    AS $$ SELECT nullif(current_setting('volley.client', true), '')::bigint $$;

-- Lets viewers reach those rows of a table of which the condition is true, to do what is listed and
-- nothing else.
CREATE FUNCTION show_rows(name text, condition text, rights text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('DROP POLICY IF EXISTS own ON %I', name);
    EXECUTE format('CREATE POLICY own ON %I TO volley_viewer USING (%s)', name, condition);
    EXECUTE format('REVOKE ALL ON %I FROM volley_viewer', name);
    EXECUTE format('GRANT %s ON %I TO volley_viewer', rights, name);
END $$;

-- The condition that follows from a table's columns: whose row it is, by the nearest of them. Null
-- where none tells: such a table is for the owner alone.
--
-- A scalar, and so one look by a key for each row: EXISTS may be planned as a hash of all of a
-- trader's clients, for each statement anew.
CREATE FUNCTION own_rows(name text) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
    has text[] := ARRAY(
        SELECT attname::text FROM pg_attribute
        WHERE attrelid = name::regclass AND attnum > 0 AND NOT attisdropped
    );
    trader text := 'trader_id = (SELECT viewer_trader())';
BEGIN
    RETURN CASE
        WHEN has @> '{trader_id,client_id}' THEN
            trader || ' AND ((SELECT viewer_client()) IS NULL'
                || ' OR client_id = (SELECT viewer_client()))'
        WHEN has @> '{trader_id}' THEN trader || ' AND (SELECT viewer_client()) IS NULL'
        WHEN has @> '{client_id}' THEN
            format('(SELECT true FROM client c WHERE c.id = %I.client_id)', name)
        WHEN has @> '{intent_id}' THEN
            format('(SELECT true FROM order_intent i WHERE i.id = %I.intent_id)', name)
        WHEN has @> '{task_id}' THEN
            format('(SELECT true FROM bulk_task t WHERE t.id = %I.task_id)', name)
        WHEN has @> '{account_id}' THEN
            format('(SELECT true FROM broker_account a WHERE a.id = %I.account_id)', name)
        WHEN has @> '{user_id}' THEN 'user_id = (SELECT viewer_user())'
    END;
END $$;

-- Every table that is there. Later migrations call `show_rows` for theirs; a test names those that
-- did not, and have not said that they are for all.
DO $$
DECLARE
    name text;
BEGIN
    FOR name IN
        SELECT c.relname FROM pg_class c
        WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')
          AND NOT c.relispartition AND own_rows(c.relname) IS NOT NULL
          AND c.relname <> 'outbox'
    LOOP
        PERFORM show_rows(name, own_rows(name), 'SELECT, INSERT, UPDATE');
    END LOOP;
END $$;

SELECT show_rows(
    'trader', 'id = (SELECT viewer_trader())', 'SELECT, UPDATE (usual_part_bp)'
);
-- The heart of it: what hangs on a client is seen by whoever sees the client.
SELECT show_rows(
    'client',
    'trader_id = (SELECT viewer_trader()) AND ((SELECT viewer_client()) IS NULL'
    ' OR id = (SELECT viewer_client()))',
    'SELECT, INSERT, UPDATE'
);
-- A client sees the trades in which it has an order, or which it asked for alone.
SELECT show_rows(
    'bulk_task',
    'trader_id = (SELECT viewer_trader()) AND ((SELECT viewer_client()) IS NULL'
    ' OR client_ids = ARRAY[(SELECT viewer_client())] OR EXISTS ('
    'SELECT FROM order_intent i WHERE i.task_id = bulk_task.id'
    ' AND i.client_id = (SELECT viewer_client())))',
    'SELECT, INSERT, UPDATE'
);
SELECT show_rows(
    'cancellation',
    'trader_id = (SELECT viewer_trader()) AND ((SELECT viewer_client()) IS NULL'
    ' OR user_id = (SELECT viewer_user()))',
    'SELECT, INSERT'
);
-- Nobody makes oneself another role.
SELECT show_rows(
    'app_user', 'id = (SELECT viewer_user())', 'SELECT, UPDATE (password_hash)'
);
SELECT show_rows('login_link', own_rows('login_link'), 'SELECT, INSERT, UPDATE, DELETE');
SELECT show_rows('api_key', 'user_id = (SELECT viewer_user())', 'SELECT, INSERT, UPDATE');

-- Whoever acts writes about the own trader, or about nobody's in particular.
SELECT show_rows('audit_log', own_rows('audit_log'), 'SELECT, INSERT');
CREATE POLICY written ON audit_log FOR INSERT TO volley_viewer
    WITH CHECK (trader_id IS NULL OR trader_id = (SELECT viewer_trader()));

-- A switch for everything or a broker concerns all; only admins turn it.
SELECT show_rows(
    'halt',
    '(scope = ''trader'' AND subject = (SELECT viewer_trader())::text)'
    ' OR (scope = ''client'' AND EXISTS (SELECT FROM client c WHERE c.id::text = subject))',
    'SELECT, INSERT, UPDATE, DELETE'
);
CREATE POLICY of_all ON halt FOR SELECT TO volley_viewer USING (scope IN ('everything', 'broker', 'symbol'));

-- A message is put down with its trade, whose row the policy cannot see before the statement ends.
SELECT show_rows(
    'outbox', 'EXISTS (SELECT FROM bulk_task t WHERE t.id = outbox.task_id)',
    'SELECT, INSERT, DELETE'
);
CREATE POLICY put ON outbox FOR INSERT TO volley_viewer WITH CHECK (true);

-- A watchlist is its user's, with all that is on it; preflights are removed where they are too old.
SELECT show_rows('watchlist', own_rows('watchlist'), 'SELECT, INSERT, UPDATE, DELETE');
SELECT show_rows(
    'watchlist_item', '(SELECT true FROM watchlist w WHERE w.id = watchlist_item.watchlist_id)',
    'SELECT, INSERT, UPDATE, DELETE'
);
SELECT show_rows('preflight', own_rows('preflight'), 'SELECT, INSERT, UPDATE, DELETE');
SELECT show_rows('preflight_row', own_rows('preflight_row'), 'SELECT, INSERT, UPDATE, DELETE');

-- What is everybody's.
GRANT SELECT ON installation, instrument, broker_instrument, instrument_change, instrument_load
    TO volley_viewer;
-- Ids are taken before rows are made.
DO $$
BEGIN
    EXECUTE format(
        'GRANT USAGE ON ALL SEQUENCES IN SCHEMA %I TO volley_viewer', current_schema()
    );
END $$;

-- A broker account is one client's, whoever's client that is: these two questions alone look beyond
-- the own rows.
CREATE FUNCTION account_neighbours(client bigint, broker text, number text)
RETURNS TABLE (
    id bigint, client_id bigint, its_broker text, broker_client_id text, status text
)
LANGUAGE sql SECURITY DEFINER SET search_path FROM CURRENT AS $$
    SELECT a.id, a.client_id, a.broker, a.broker_client_id, a.status FROM broker_account a
    WHERE a.client_id = $1 OR (a.broker = $2 AND a.broker_client_id = $3)
    ORDER BY a.id FOR NO KEY UPDATE
$$;
CREATE FUNCTION accounts_taken(brokers text[], numbers text[]) RETURNS SETOF bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
    SELECT n.place
    FROM unnest($1, $2) WITH ORDINALITY AS n (broker, number, place)
    JOIN broker_account a ON a.broker = n.broker AND a.broker_client_id = n.number
$$;

-- API keys that may do less than their user: some kinds of requests, for a time, for one client.
ALTER TABLE api_key
    ADD COLUMN scopes     text[] NOT NULL DEFAULT '{read,trade,clients,admin}'
        CHECK (scopes <@ '{read,trade,clients,admin}' AND scopes <> '{}'),
    ADD COLUMN expires_at timestamptz,
    ADD COLUMN client_id  bigint REFERENCES client;

-- What a trader lets a client do beside looking: place and cancel own single orders.
ALTER TABLE client ADD COLUMN may_trade boolean NOT NULL DEFAULT false;
