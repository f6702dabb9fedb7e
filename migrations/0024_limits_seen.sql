-- Whose limits are: a trader's or a client's, whoever set them. By the column `user_id` alone, a trader
-- saw those of its own making only, and none that an admin had set; a next version then began at 1.
SELECT show_rows(
    'risk_limit',
    '(SELECT viewer_client()) IS NULL AND CASE scope'
    ' WHEN ''trader'' THEN subject = (SELECT viewer_trader())'
    ' ELSE (SELECT true FROM client c WHERE c.id = risk_limit.subject) END',
    'SELECT, INSERT'
);
