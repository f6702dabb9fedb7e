/// What `volley help` says.
enum HelpText {
    static let all = """
        volley: one trade in many client accounts, never twice, and none lost.

        Trading (needs VOLLEY_API_URL, and VOLLEY_API_KEY or VOLLEY_TRADER_EMAIL/_PASSWORD)
          volley submit SYMBOL buy|sell  --percent P | --quantity N [--cap-percent P | --exact] | --amount R
                 [--clients all|ID,ID…] [--group NAME] [--type MARKET|LIMIT|SL|SL-M] [--price R]
                 [--trigger R] [--product CNC|INTRADAY|MTF] [--validity DAY|IOC] [--exchange NSE|BSE]
                 [--on-doubt ask|resend:30s] [--key IDEMPOTENCY-KEY] [--watch]
          volley preflight SYMBOL buy|sell …  what that would come to, client by client, and why not;
                 [--execute [--tolerance P] [--watch]]
                                              then places just that, or says what has changed
          volley status TASK [--watch]        how far a bulk trade has come
          volley results TASK [--status failed,unknown] [--limit N]
          volley tasks [--limit N]            the newest bulk trades
          volley clients list [--status S] [--group G] [--search TEXT] [--limit N] [--after ID]
          volley clients show ID | import FILE.csv [--all-or-nothing] | archive ID
          volley clients connect ID --broker B --account NUMBER [--ends TIME] [--egress ADDRESS]
                                              the access token is read from standard input
          volley clients login-link ID [--account ID]
                                              a link for the client, to log in at the broker once
          volley clients login-request ID [--account ID]
                                              has the broker ask the client in its own app, by the
          volley clients app ID               client's app: its key and secret, from standard input
          volley clients logout ID --why TEXT [--account ID]
                                              ends the session at the broker, and forgets its token
          volley clients login ID [--account ID] [--approved]
                                              where the broker has no login page: the client's code is
                                              read from standard input, then an own API key, if any
          volley clients login ID --pin [--account ID]
                                              at Dhan: the client's code is read from standard input,
                                              and in the next line the PIN
          volley clients renew-session ID [--account ID]
                                              at Dhan: a new token for one that was brought and lives
          volley clients account ID funds | profile | ledger --from DAY --to DAY | past-trades …
          volley clients account ID payments | auctions
                                              money in and out; shares that an auction would take
          volley clients account ID margin|charges SYMBOL buy|sell --quantity N --price R [--product P]
          volley clients account ID kill-switch [on|off [--segments A,B] --why TEXT]
          volley clients account ID profit-exit [--profit R --loss R --products P [--kill] | off] [--why TEXT]
          volley clients account ID addresses [--primary IP [--secondary IP] --why TEXT]
          volley clients account ID sale-authorization [pin --why TEXT | --isin I --quantity N --why TEXT]
          volley clients account ID convert-position SYMBOL buy|sell --quantity N --from-product P
                 --to-product P [--overnight] --why TEXT
          volley clients account ID profit-report[/charges] --year 2025-26 [--segment EQ|FO|COM|CD]
                 [--from DAY --to DAY] [--page N]
          volley clients account ID exit-positions --confirm NUMBER --why TEXT
                                              the broker's own call, which no book of ours shows
                                              the account at its broker; --account where there are several
          volley portfolio [--trader ID] [--limit N] [--after ID]
                                              all clients together, and a row for each
          volley portfolio --client ID        what one holds, its worth, and today's trades
          volley transactions --client ID [--from DAY] [--to DAY] [--limit N] [--after NEXT]
                                              trades, newest first; days such as 2026-11-21
          volley deposit|withdraw CLIENT AMOUNT [--note TEXT] [--key IDEMPOTENCY-KEY]
                                              money paid in or out; never more than is free
          volley ledger CLIENT [--from DAY] [--to DAY] [--limit N] [--after ID] [--csv]
                                              balances, and every transfer that made them
          volley alerts [--closed | --all] [--limit N] | ack ID
                                              conditions that somebody should know of
          volley pnl TASK [--limit N] [--after ID]
                                              what a bulk trade earned, client by client
          volley cancel task ID | order ID | client ID | symbol SYMBOL [--exchange NSE|BSE] | everything
                 [--trader ID] [--why TEXT] [--key IDEMPOTENCY-KEY] [--watch]
                                              cancels what is open; what was not sent never will be
          volley cancels [ID [--watch] [--result refused,unknown] | --limit N]
                                              what became of each order; or the newest cancellations
          volley exit client ID | symbol SYMBOL [--exchange NSE|BSE] | trader  [--product CNC|INTRADAY|MTF]
                 [--trader ID] [--key IDEMPOTENCY-KEY] [--watch]
                                              cancels what is open, then sells what is held and free
          volley exits [ID [--watch] | --limit N]
                                              how far an exit has come; or the newest ones
          volley orders place CLIENT SYMBOL buy|sell  the options of submit, for one client [--watch]
          volley orders list CLIENT [--state OPEN,FILLED] [--from DAY] [--to DAY] [--limit N]
          volley orders show ORDER            one order, and all that happened to it
          volley orders modify ORDER [--quantity N] [--price R] [--trigger R] [--type T]
                 [--key IDEMPOTENCY-KEY] [--watch]
                                              changes an order that rests at its broker
          volley conditional place CLIENT single|oco|bracket BUY|SELL SYMBOL QUANTITY
                 [--rises-to P | --falls-to P] [--price P] [--target P[:LIMIT]] [--stop P[:LIMIT]]
                 [--trail P] [--product CNC|INTRADAY|MTF] [--exchange NSE|BSE] [--key KEY]
                                              an order that waits at the client's broker for a price
          volley conditional list [--client ID] [--state WAITING,UNKNOWN] [--limit N]
          volley conditional show|cancel|look ID        look: what the broker lists now
          volley conditional decide ID placed|not-placed|fired --reason TEXT [--broker-id ID]
          volley conditional change ID [--quantity N] [--trigger P] [--price P] [--target P[:LIMIT]]
                 [--stop P[:LIMIT]] [--trail P]
          volley approvals [list] | approve TASK | reject TASK [--reason TEXT] [--admin]
                                              trades that wait until somebody else approves them
          volley orders unknown               orders whose outcome nobody knows
          volley orders decide ORDER placed|not-placed|ended --reason TEXT [--broker-order-id ID]
                                              settles one by hand (VOLLEY_ADMIN_EMAIL/_PASSWORD)
          volley brokers                      what each can do, and how it answers
          volley readiness [--broker B] [--state S] [--limit N] [--links | --requests]
                                              broker accounts to which orders cannot go, and why;
                                              a link for each whose client must log in, or a request
                                              in the broker's own app where it can
          volley drift [--client ID] [--kind KIND] [--closed | --all] [--limit N]
                                              where our books and the brokers' differ
          volley audit list|export [--from DAY] [--to DAY] [--action A] [--client ID] [--trader ID]
                 [--user ID] [--limit N] [--admin]
                                              who did what, newest first; all of it as CSV
          volley halt|resume everything | broker NAME | symbol NAME | trader [ID] | client ID
                 [--why TEXT]           no order of these leaves any more; again
          volley halts                        the switches that are on
          volley repair TASK [--show | --watch]
                                              place what is proven not to have been placed
          volley undo TASK [--watch]          cancel what is open, show what would be reversed, and then:
                 [--confirm PREFLIGHT]        reverse it, as it was shown
          volley basket --file legs.csv [--sequence together|sells_first] [--on-refusal go_on|stop]
                 [--clients … | --group G] [--watch]
                                              several legs as one; the file's first line names fields
          volley basket ID [--watch]          how far it has come
          volley limits [--client ID] [--trader ID] [--set NAME=VALUE,… | --set none] [--why TEXT]
                                              what orders are held against before they are sent
          volley sessions [list] | revoke ID | revoke all  [--user ID]
                                              logins that have not ended; of others for admins
          volley users [list]                 everybody who may log in (VOLLEY_ADMIN_EMAIL/_PASSWORD)
          volley users reset-second-factor USER --reason TEXT [--code C | --recovery-code C]
                                              for who has lost it; the code is yours, if you have one
          volley instruments search TEXT      by symbol, words of the name, or ISIN; with prices
          volley instruments depth SYMBOL [--exchange NSE|BSE] [--trader ID]
                                              the best five bids and asks
          volley watchlist [list] | show ID | create NAME [SYMBOL ...] | set ID SYMBOL ...
                 | rename ID NAME | delete ID
                                              your own lists of instruments, with prices and ages

        Running it (needs VOLLEY_DATABASE_URL and the like; see the README)
          volley migrate | api | worker | scheduler | relay
          volley admin create-user --email E --name N --role admin|trader --password-stdin
          volley admin load-instruments [--accept-short]
                                              the brokers' instrument lists, now; also one that
                                              lacks most of what the last one had
          volley admin check-ledger           what breaks an invariant of the books; nothing is good
          volley admin rotate-secrets         encrypts every stored token with the newest secret key
          volley audit verify [--from DAY] [--to DAY] [--head HASH]
                                              whether the audit log is as it was sealed; if not, where
          volley audit head                   the last seal's hash, to be kept elsewhere
          volley queues                       how many messages wait in each queue
          volley dead-letters list [--queue Q]
          volley dead-letters replay [--queue Q] --all | ID
                                              back into their queue, as a hint: never sends again what was sent

        Trying it out
          volley demo load --clients N [--brokers dhan,zerodha,…]
                                              demo clients, here and in the sandbox
          volley demo verify [--task TASK | --all] [--patience SECONDS]
                                              compares the sandbox's ledger with ours

          volley completion bash|zsh|fish     completion for a shell
          volley version [--json]             the libraries that this program runs with

        --json gives JSON everywhere. Exit status: 0 done, 1 some orders failed or unknown,
        2 wrong command line, 3 refused, 4 unavailable.
        """
}
