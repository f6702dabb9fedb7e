-- Shares by product; slices of orders, and the one quantity that an order may have of its own.

-- Shares bought with lent money (MTF) are apart from the client's own, whatever these were bought as.
-- A sale takes from its own; a loan hangs on MTF shares alone.

ALTER TABLE holding
    ADD COLUMN product text NOT NULL DEFAULT 'CNC' CHECK (product IN ('CNC', 'MTF')),
    DROP CONSTRAINT holding_pkey,
    ADD PRIMARY KEY (client_id, instrument_id, product);
ALTER TABLE holding ALTER COLUMN product DROP DEFAULT;

-- Of what is held, MTF is what MTF trades left, at least what is promised to MTF sales and one share
-- where a loan hangs on it, at most what is not promised to others. Cost goes by shares, as the one
-- average of both kinds was until now; so does profit of the past stay what it was.
WITH traded AS (
    SELECT i.client_id, t.instrument_id, sum(i.reserved)::bigint AS reserved,
           sum(CASE t.side WHEN 'BUY' THEN i.filled ELSE -i.filled END)::bigint AS net
    FROM bulk_task t JOIN order_intent i ON i.task_id = t.id
    WHERE t.product = 'MTF' AND (i.filled > 0 OR i.reserved > 0)
    GROUP BY i.client_id, t.instrument_id
), part AS (
    SELECT h.client_id, h.instrument_id, h.quantity AS whole, h.cost AS whole_cost, h.borrowed,
           t.reserved,
           least(
               greatest(t.net, t.reserved, CASE WHEN h.borrowed > 0 THEN 1 ELSE 0 END),
               h.quantity - (h.reserved - t.reserved)
           ) AS quantity
    FROM holding h JOIN traded t USING (client_id, instrument_id)
    WHERE h.quantity > 0
), lent AS (
    SELECT p.*, div(p.whole_cost::numeric * p.quantity, p.whole)::bigint AS cost
    FROM part p WHERE p.quantity > 0
), moved AS (
    INSERT INTO holding (client_id, instrument_id, product, quantity, reserved, cost, borrowed)
    SELECT client_id, instrument_id, 'MTF', quantity, reserved, cost, borrowed FROM lent
)
UPDATE holding h
SET quantity = h.quantity - l.quantity, reserved = h.reserved - l.reserved, cost = h.cost - l.cost,
    borrowed = 0
FROM lent l
WHERE h.client_id = l.client_id AND h.instrument_id = l.instrument_id AND h.product = 'CNC';

-- Where all shares are promised to sales that repay nothing, the loan is owed as with a last share.
INSERT INTO transfer (client_id, kind, debit, credit, amount)
SELECT client_id, 'shortfall', 'borrowed', 'shortfall', sum(borrowed)::bigint
FROM holding WHERE product = 'CNC' AND borrowed > 0 GROUP BY client_id;
UPDATE funds f SET borrowed = f.borrowed - l.amount, shortfall = f.shortfall + l.amount
FROM (
    SELECT client_id, sum(borrowed)::bigint AS amount
    FROM holding WHERE product = 'CNC' AND borrowed > 0 GROUP BY client_id
) AS l
WHERE f.client_id = l.client_id;
UPDATE holding SET borrowed = 0 WHERE product = 'CNC' AND borrowed > 0;

ALTER TABLE holding
    ADD CONSTRAINT holding_loan CHECK (borrowed = 0 OR product = 'MTF' AND quantity > 0);

-- Null: everything, each as what it is held.
ALTER TABLE position_exit ALTER COLUMN product DROP NOT NULL;

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
