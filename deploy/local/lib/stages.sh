# The stages of a check: each is run, timed and noted, whatever became of the one before.
# shellcheck shell=bash

# Tests that take longer than this hang.
readonly TEST_LIMIT_SECONDS=900

STAGE_SESSION=
declare -a SUMMARY=()
declare -A FAILED=()
declare -a FAILURES=()

# stage NAME COMMAND…
stage() {
    local name=$1 began=$SECONDS
    shift
    step "$name: $*"
    if "$@"; then note_stage "$name" passed "$began"; else note_stage "$name" FAILED "$began"; fi
}

# test_stage NAME ARGUMENT…: runs the chosen tests. That none was found is a failure.
test_stage() {
    local name=$1 began=$SECONDS log=$DATA/log/stage.log result=passed display count
    shift
    step "$name: swift test --skip-build $*"
    # In the background, so that a signal to this script is answered at once and not at the end;
    # in a session of its own, so that whatever the tests have started can be found and ended.
    setsid timeout --kill-after=15 "$TEST_LIMIT_SECONDS" swift test --skip-build "$@" \
        </dev/null >"$log" 2>&1 &
    STAGE_SESSION=$!
    tail -n +1 -s 0.2 -f --pid="$STAGE_SESSION" "$log" &
    display=$!
    wait "$STAGE_SESSION" || result="FAILED, status $?"
    wait "$display" || true
    stop_stage
    if [ "$result" = passed ]; then
        count=$(sed -nE 's/.*Test run with ([0-9]+) tests?.* passed.*/\1/p' "$log" | tail -n 1)
        result="passed, $count tests"
        ((${count:-0} > 0)) || result="FAILED: no test was found"
    else
        mapfile -t -O "${#FAILURES[@]}" FAILURES < <(failed_tests "$log")
    fi
    note_stage "$name" "$result" "$began"
}

# bench_stage NAME SUB-COMMAND ARGUMENT…: a run of `bench`, with servers of its own.
bench_stage() {
    local name=$1 began=$SECONDS log=$DATA/log/stage.log result=passed
    shift
    step "$name: bench $*"
    VOLLEY_DATA=$DATA setsid timeout --kill-after=60 "$TEST_LIMIT_SECONDS" \
        "$VOLLEY_TEST_PROGRAMS/bench" "$@" </dev/null >"$log" 2>&1 &
    STAGE_SESSION=$!
    wait "$STAGE_SESSION" || result="FAILED, status $?"
    cat "$log"
    stop_stage
    stop_bench_servers
    if [ "$result" != passed ]; then
        mapfile -t -O "${#FAILURES[@]}" FAILURES < <(grep -E '^FAILED|^seed|^bench' "$log" | cut -c 1-600)
    fi
    note_stage "$name" "$result" "$began"
}

# The servers of runs that could not end them themselves, since they were killed.
stop_bench_servers() {
    local folder
    for folder in "$DATA"/{chaos,bench-*}/servers; do
        [ -d "$folder" ] || continue
        VOLLEY_DATA=$folder "$CHECKOUT/deploy/local/servers" stop --purge >/dev/null || true
    done
}

# What went wrong in a log, a line each.
failed_tests() {
    grep -E '^✘ Test .* recorded an issue|: error: |Fatal error|^\*\*\* ' "$1" | cut -c 1-600 | head -n 20
}

note_stage() {
    local name=$1 result=$2 began=$3
    SUMMARY+=("$(printf '%-20s %5d s   %s' "$name" "$((SECONDS - began))" "$result")")
    [[ $result == passed* || $result == skipped* ]] || FAILED[$name]=yes
    say "$name: $result"
}

# Ends what is left of a stage's processes: after its end there should be none, after a signal to
# this script there are.
stop_stage() {
    local signal pid pids
    [ -n "$STAGE_SESSION" ] || return 0
    for signal in TERM KILL; do
        mapfile -t pids < <(session_members "$STAGE_SESSION")
        ((${#pids[@]} > 0)) || break
        for pid in "${pids[@]}"; do signal_process "$signal" "$pid"; done
        sleep 2
    done
    STAGE_SESSION=
}

# The processes of a session, which has the number of the process that began it.
session_members() {
    local file stat fields
    for file in /proc/[0-9]*/stat; do
        stat=$(cat "$file" 2>/dev/null) || continue
        read -ra fields <<<"${stat##*) }"
        [ "${fields[0]}" = Z ] || [ "${fields[3]}" != "$1" ] || echo "${stat%% *}"
    done
}

need_stage() { [ -z "${FAILED[$1]:-}" ] || fail "nothing further can be checked without: $1."; }

all_stages_passed() { ((${#FAILED[@]} == 0)) || fail "failed: ${!FAILED[*]}."; }

print_summary() {
    step "Summary"
    if ((${#SUMMARY[@]} > 0)); then printf '         %s\n' "${SUMMARY[@]}"; fi
    if ((${#FAILURES[@]} > 0)); then printf '         %s\n' "${FAILURES[@]}"; fi
}
