# Volley's own processes: the simulated brokers, and one process per role.
# shellcheck shell=bash

start_roles() {
    local workers=$1 number
    ensure_role api "$(port_of api)" volley api
    ensure_role relay "$(port_of relay)" volley relay
    ensure_role scheduler "$(port_of scheduler)" volley scheduler
    for ((number = 1; number <= workers; number++)); do
        ensure_role "worker-$number" "$(worker_port "$number")" volley worker
    done
    for ((number = workers + 1; number <= MOST_WORKERS; number++)); do
        stop_process "worker-$number"
    done
}

worker_port() { echo $(($(port_of worker) + $1 - 1)); }

# Sets SANDBOX, the command that starts the simulated brokers.
name_sandbox() {
    SANDBOX=(broker-sandbox --listen "127.0.0.1:$(port_of sandbox)"
        --ws-listen "127.0.0.1:$(port_of sandbox-stream)" --market open)
}

start_sandbox() {
    if ! is_current sandbox "${SANDBOX[@]}"; then
        stop_process sandbox
        start_current sandbox "${SANDBOX[@]}"
    fi
    await_process sandbox 30 answers "$VOLLEY_SANDBOX_URL/control/ledger/summary"
    say "sandbox answers at $VOLLEY_SANDBOX_URL."
}

# ensure_role NAME PORT PROGRAM ARGUMENT…: keeps a running process, unless its program or its
# settings have changed since it was started.
ensure_role() {
    local name=$1 port=$2 operations=
    shift 2
    # The API answers for itself on its own port; the others need one for it.
    [ "$name" = api ] || operations=127.0.0.1:$port
    if ! is_current "$name" "$@"; then
        stop_process "$name"
        VOLLEY_METRICS_LISTEN=$operations start_current "$name" "$@"
    fi
    await_process "$name" 60 answers "http://127.0.0.1:$port/readyz"
    say "$name is ready."
}

answers() { curl -fsS --max-time 5 "$1"; }

start_current() {
    local name=$1
    shift
    start_process "$name" "$PROGRAMS/$1" "${@:2}"
    fingerprint "$@" >"$DATA/run/$name.made-of"
}

is_current() {
    local name=$1
    shift
    is_running "$name" && [ "$(fingerprint "$@")" = "$(cat "$DATA/run/$name.made-of" 2>/dev/null)" ]
}

# What a process is made of: its program, its settings, its arguments.
fingerprint() {
    { stat -L -c '%i %s %y' "$PROGRAMS/$1" && cat "$DATA/env" && echo "$*"; } | sha256sum
}

stop_roles() {
    local number
    for ((number = MOST_WORKERS; number >= 1; number--)); do stop_process "worker-$number"; done
    stop_process scheduler
    stop_process relay
    stop_process api
    stop_process sandbox
}
