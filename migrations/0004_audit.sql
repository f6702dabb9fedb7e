-- Who did what, when, to whom, with which inputs. Append-only; one partition a month, since the
-- law asks for years of it and nobody may delete a row.
CREATE TABLE audit_log (
    id        bigint GENERATED ALWAYS AS IDENTITY,
    at        timestamptz NOT NULL DEFAULT now(),
    -- Null where the system acts by itself.
    user_id   bigint,
    address   text,
    action    text NOT NULL,
    trader_id bigint,
    client_id bigint,
    task_id   bigint,
    intent_id bigint,
    detail    jsonb
) PARTITION BY RANGE (at);
-- Rows come in the order of their time: a summary of blocks finds them, and costs nothing to keep.
CREATE INDEX audit_log_by_time ON audit_log USING brin (at);
CREATE INDEX audit_log_by_client ON audit_log (client_id, at) WHERE client_id IS NOT NULL;
CREATE TABLE audit_log_rest PARTITION OF audit_log DEFAULT;

-- Nobody changes or removes what happened.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;

-- Makes a table append-only. Row triggers of a partitioned table reach its partitions by themselves;
-- those against TRUNCATE do not, hence one for each.
CREATE FUNCTION make_append_only(name text, rows boolean) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF rows THEN
        EXECUTE format(
            'CREATE TRIGGER %I BEFORE UPDATE OR DELETE ON %I '
            'FOR EACH ROW EXECUTE FUNCTION refuse_change()', name || '_append_only', name
        );
    END IF;
    EXECUTE format(
        'CREATE TRIGGER %I BEFORE TRUNCATE ON %I '
        'FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', name || '_no_truncate', name
    );
END $$;
SELECT make_append_only('audit_log', true), make_append_only('audit_log_rest', false),
       make_append_only('order_event', true), make_append_only('transfer', true),
       make_append_only('fill', true);

-- What orders refer to stays, and so do the orders.
CREATE FUNCTION refuse_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are never deleted', TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$;
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY[
        'client', 'broker_account', 'bulk_task', 'order_intent', 'order_attempt', 'funds'
    ] LOOP
        EXECUTE format(
            'CREATE TRIGGER %I BEFORE DELETE ON %I '
            'FOR EACH ROW EXECUTE FUNCTION refuse_delete()', name || '_stays', name
        );
        PERFORM make_append_only(name, false);
    END LOOP;
END $$;

-- Makes the partitions of this and the coming months; the scheduler repeats it. Months are Indian
-- ones, whatever the time zone of whoever calls.
CREATE FUNCTION audit_log_prepare(months int) RETURNS void
LANGUAGE plpgsql SET timezone = 'Asia/Kolkata' AS $$
DECLARE
    first date := date_trunc('month', now())::date;
    name  text;
BEGIN
    FOR i IN 0..months LOOP
        name := 'audit_log_' || to_char(first + make_interval(months => i), 'YYYY_MM');
        IF to_regclass(name) IS NULL THEN
            EXECUTE format(
                'CREATE TABLE %I PARTITION OF audit_log FOR VALUES FROM (%L) TO (%L)',
                name, first + make_interval(months => i), first + make_interval(months => i + 1)
            );
            PERFORM make_append_only(name, false);
        END IF;
    END LOOP;
END $$;
SELECT audit_log_prepare(3);
