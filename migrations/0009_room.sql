-- Each attempt is changed once, a moment after it was made. With less room than this on their page,
-- half of them moved to another page, and into every index once more.
ALTER TABLE order_attempt SET (fillfactor = 50);
