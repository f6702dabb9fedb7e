-- The clients of a group are found without a look at every client of their trader.
CREATE INDEX client_by_group ON client USING gin (groups);
