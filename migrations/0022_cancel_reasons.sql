-- Why somebody wished orders cancelled, in that person's words.
ALTER TABLE cancellation ADD COLUMN reason text CHECK (length(reason) BETWEEN 1 AND 500);
