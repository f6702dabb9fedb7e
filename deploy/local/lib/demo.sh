# The demo: clients at the simulated brokers, one bulk trade in all of them, and a check of it.
# shellcheck shell=bash

# One admin and one trader, with the passwords that deploy/local/env shows.
make_users() {
    [ ! -e "$DATA/users" ] || return 0
    volley admin create-user --email "$VOLLEY_ADMIN_EMAIL" --role admin --password-stdin \
        <<<"$VOLLEY_ADMIN_PASSWORD" || fail "the admin could not be created; see above."
    volley admin create-user --email "$VOLLEY_TRADER_EMAIL" --role trader --password-stdin \
        <<<"$VOLLEY_TRADER_PASSWORD" || fail "the trader could not be created; see above."
    touch "$DATA/users"
}

# The simulated brokers keep their books in memory. Where they must start afresh, the clients and
# trades of an earlier demo would stand in the database with no broker to know of them: so both
# begin anew. The marker says how many clients the demo has, once its trade is placed.
begin_anew_if_stale() {
    local clients=$1
    [ -e "$DATA/demo" ] || return 0
    if [ "$(<"$DATA/demo")" != "$clients" ]; then
        say "The earlier demo had another number of clients, or was not finished: it begins anew."
    elif is_current sandbox "${SANDBOX[@]}"; then
        return 0
    else
        say "The simulated brokers start with empty books: the demo's database begins anew, too."
    fi
    stop_stack
    remove_stored_data
}

run_demo() {
    local clients=$1
    if [ -e "$DATA/demo" ]; then
        say "The demo's clients and its trade are there from an earlier run."
    else
        echo unfinished >"$DATA/demo"
        say "volley demo load --clients $clients"
        volley demo load --clients "$clients" --sandbox "$VOLLEY_SANDBOX_URL" ||
            fail "the demo clients could not be loaded; see above."
        say "volley submit RELIANCE buy --percent 25 --clients all --watch"
        volley submit RELIANCE buy --percent 25 --clients all --watch ||
            fail "the bulk trade failed; see above."
        echo "$clients" >"$DATA/demo"
    fi
    say "volley demo verify"
    volley demo verify || fail "the books of the brokers and of Volley differ; see above."
}
