# The stages of a check: each is run, timed and noted, whatever became of the one before.
# shellcheck shell=bash

# No stage of tests takes a fraction of this; what does, hangs.
readonly TEST_LIMIT_SECONDS=1500

STAGE_PROCESS=
declare -a SUMMARY=()
declare -A FAILED=()

# stage NAME COMMAND…
stage() {
    local name=$1 began=$SECONDS
    shift
    step "$name: $*"
    if "$@"; then note_stage "$name" passed "$began"; else note_stage "$name" FAILED "$began"; fi
}

# test_stage NAME ARGUMENT…: runs the chosen tests. That none was found is a failure.
test_stage() {
    local name=$1 began=$SECONDS log=$DATA/log/stage.log count
    shift
    step "$name: swift test --skip-build $*"
    # In the background, so that a signal to this script is answered at once and not at the end.
    timeout --kill-after=15 "$TEST_LIMIT_SECONDS" swift test --skip-build "$@" </dev/null \
        >"$log" 2>&1 &
    STAGE_PROCESS=$!
    tail -n +1 -s 0.2 -f --pid="$STAGE_PROCESS" "$log" &
    local display=$!
    if ! wait "$STAGE_PROCESS"; then
        wait "$display" || true
        note_stage "$name" FAILED "$began"
    else
        wait "$display" || true
        count=$(sed -nE 's/.*Test run with ([0-9]+) tests?.* passed.*/\1/p' "$log" | tail -n 1)
        if ((${count:-0} > 0)); then
            note_stage "$name" "passed, $count tests" "$began"
        else
            note_stage "$name" "FAILED: no test was found" "$began"
        fi
    fi
    STAGE_PROCESS=
}

note_stage() {
    local name=$1 result=$2 began=$3
    SUMMARY+=("$(printf '%-18s %5d s   %s' "$name" "$((SECONDS - began))" "$result")")
    [[ $result == passed* ]] || FAILED[$name]=yes
    say "$name: $result"
}

# Ends a stage that a signal has cut short.
stop_stage() {
    [ -n "$STAGE_PROCESS" ] || return 0
    signal_process TERM "$STAGE_PROCESS"
    wait "$STAGE_PROCESS" 2>/dev/null || true
}

need_stage() { [ -z "${FAILED[$1]:-}" ] || fail "nothing further can be checked without: $1."; }

all_stages_passed() { ((${#FAILED[@]} == 0)) || fail "failed: $(printf '%s, ' "${!FAILED[@]}" | sed 's/, $//')."; }

print_summary() {
    step "Summary"
    if ((${#SUMMARY[@]} > 0)); then printf '         %s\n' "${SUMMARY[@]}"; fi
}
