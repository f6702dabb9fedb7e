# The ports of a stack: one block of neighbours, chosen once and remembered.
# shellcheck shell=bash

readonly PORT_BLOCK=40

# Each port by its name, as the distance from the block's first.
declare -Ar PORT_OFFSETS=(
    [api]=0 [sandbox]=1 [sandbox-stream]=2
    [postgresql]=3 [redis]=4 [rabbitmq]=5 [rabbitmq-peers]=6 [epmd]=7
    [relay]=8 [scheduler]=9 [worker]=10 # worker 1 has 10, worker 2 has 11, …
)
# shellcheck disable=SC2034  # read by deploy/local/run
readonly MOST_WORKERS=$((PORT_BLOCK - PORT_OFFSETS[worker]))

port_of() { echo $((PORT_BASE + PORT_OFFSETS[$1])); }

# The ports on which anything on this machine listens, one a line.
listening_ports() {
    local address state
    while read -r _ address _ state _; do
        [ "$state" = 0A ] && echo $((16#${address##*:}))
    done < <(cat /proc/net/tcp /proc/net/tcp6 2>/dev/null)
    return 0
}

# Whether nobody listens in the block that begins at the given port.
block_is_free() {
    local first=$1 port
    while read -r port; do
        ((port >= first && port < first + PORT_BLOCK)) && return 1
    done < <(listening_ports)
    return 0
}

# Sets PORT_BASE: the one asked for, else the remembered one, else a free block's.
choose_ports() {
    local asked=${1:-} file=$DATA/ports remembered=
    [ ! -s "$file" ] || remembered=$(<"$file")
    if [ -n "$asked" ]; then
        if ! [[ $asked =~ ^[0-9]{4,5}$ ]] || ((asked < 1024 || asked > 65535 - PORT_BLOCK)); then
            fail "the port base must be a number from 1024 to $((65535 - PORT_BLOCK))."
        fi
        if any_running && [ "$asked" != "$remembered" ]; then
            fail "the stack is running on other ports; deploy/local/stop first."
        fi
        any_running || block_is_free "$asked" ||
            fail "something listens on one of the ports $asked to $((asked + PORT_BLOCK - 1))."
        PORT_BASE=$asked
    elif [ -n "$remembered" ] && { any_running || block_is_free "$remembered"; }; then
        PORT_BASE=$remembered
    else
        PORT_BASE=$(free_block)
    fi
    echo "$PORT_BASE" >"$file"
}

# The first free block from a place that depends on the data folder, so that two stacks seldom
# look at the same one. All are below 32768, where Linux hands out ports of its own accord.
free_block() {
    local blocks=$(((32768 - 20000) / PORT_BLOCK)) place tries base
    place=$(printf '%s' "$DATA" | cksum | cut -d' ' -f1)
    for ((tries = 0; tries < blocks; tries++)); do
        base=$((20000 + (place + tries) % blocks * PORT_BLOCK))
        block_is_free "$base" && { echo "$base"; return; }
    done
    fail "no $PORT_BLOCK neighbouring ports are free; name some with --port-base."
}
