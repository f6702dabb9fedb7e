-- Orders that a broker's messages name by the broker's own number alone, and that still live. One entry
-- for each, and none for the orders of brokers whose messages carry our reference: another broker whose
-- messages do not needs an index like it, or its hints read all live orders.
CREATE INDEX order_intent_numbered ON order_intent (broker_order_id)
    WHERE broker = 'groww' AND look_at IS NOT NULL;

-- When the broker's books last told all of an order. What was not seen after the close of its day, and
-- is in no book of the next one, may have filled unseen.
ALTER TABLE order_intent ADD COLUMN seen_at timestamptz;
