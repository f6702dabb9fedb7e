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
CREATE INDEX audit_log_by_time ON audit_log (at);
CREATE INDEX audit_log_by_client ON audit_log (client_id, at) WHERE client_id IS NOT NULL;
CREATE TABLE audit_log_rest PARTITION OF audit_log DEFAULT;

-- Makes the partitions of this and the coming months; the scheduler repeats it.
CREATE FUNCTION audit_log_prepare(months int) RETURNS void LANGUAGE plpgsql AS $$
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
        END IF;
    END LOOP;
END $$;
SELECT audit_log_prepare(3);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE ON audit_log
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_log_no_truncate BEFORE TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER order_event_append_only BEFORE UPDATE OR DELETE ON order_event
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER transfer_append_only BEFORE UPDATE OR DELETE ON transfer
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
