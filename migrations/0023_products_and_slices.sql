-- Slices of orders, and the one quantity that an order may have of its own.

-- A repair takes slices of an order, each once: another slice that is refused later is not taken yet.
ALTER TABLE task_repair
    ADD COLUMN leg smallint NOT NULL DEFAULT 0,
    DROP CONSTRAINT task_repair_pkey,
    ADD PRIMARY KEY (task_id, client_id, leg);
ALTER TABLE task_repair ALTER COLUMN leg DROP DEFAULT;
-- Which slices were taken until now nobody has noted: all of them count, so that none is placed twice.
INSERT INTO task_repair (task_id, client_id, leg, repair_task_id)
SELECT r.task_id, r.client_id, i.leg, r.repair_task_id
FROM task_repair r JOIN order_intent i ON i.task_id = r.task_id AND i.client_id = r.client_id
WHERE i.leg > 0;

-- An order's own quantity, whoever gave it: a preflight that showed it, a trade that lists each
-- client's, or the cut of an order into slices. It is written when the order is planned or cut.
ALTER TABLE order_intent RENAME COLUMN fixed_quantity TO own_quantity;
ALTER TABLE order_intent ADD COLUMN is_slice boolean NOT NULL DEFAULT false;
UPDATE order_intent SET own_quantity = slice, is_slice = true WHERE slice IS NOT NULL;
UPDATE order_intent i SET own_quantity = q.quantity
FROM listed_quantity q
WHERE q.task_id = i.task_id AND q.client_id = i.client_id AND i.own_quantity IS NULL;
ALTER TABLE order_intent DROP COLUMN slice;
