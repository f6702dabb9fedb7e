-- A trade belongs to one order: whatever day its time is said to be, it is booked once for it. The
-- day is part of the primary key, since brokers begin their trade numbers anew, and a broker's clock
-- may jump over midnight between two reads.

CREATE UNIQUE INDEX fill_once ON fill (intent_id, trade_id);
DROP INDEX fill_by_intent;
