# The demo: deploy/demo, once for each set of data.
# shellcheck shell=bash
#
# The marker $DATA/demo says how many clients the data has been given: 0 where only users were made.

# The simulated brokers keep their books in memory. Where they must start afresh, the clients and
# trades of an earlier demo would stand in the database with no broker to know of them: so both
# begin anew.
begin_anew_if_stale() {
    local clients=$1 marker
    marker=$(demo_marker)
    case $marker in
        none | 0) return ;;
        "$clients")
            if is_current sandbox "${SANDBOX[@]}"; then return; fi
            say "The simulated brokers start with empty books: the demo's database begins anew, too."
            ;;
        *) say "The earlier demo ($marker) is not the one asked for: it begins anew." ;;
    esac
    stop_stack
    remove_stored_data
}

run_demo() {
    local clients=$1
    if [ "$(demo_marker)" = "$clients" ]; then
        say "The demo's clients and its trade are there from an earlier run."
        say "volley demo verify"
        volley demo verify || fail "the books of the brokers and of Volley differ; see above."
        return
    fi
    echo unfinished >"$DATA/demo"
    "$CHECKOUT/deploy/demo" "$clients" || fail "the demo failed; see above, and the logs in $DATA/log."
    echo "$clients" >"$DATA/demo"
}

# Users without clients, where no demo is wanted.
make_users() {
    [ "$(demo_marker)" = none ] || return 0
    "$CHECKOUT/deploy/demo" 0 || fail "the users could not be made; see above."
    echo 0 >"$DATA/demo"
}

demo_marker() { cat "$DATA/demo" 2>/dev/null || echo none; }
