# The brokers' official Python SDKs against the sandbox: somebody else's reading of the same APIs.
# shellcheck shell=bash

# Each check, and the package that it drives.
readonly SDKS=(dhan:dhanhq==2.3.0 zerodha:kiteconnect==5.2.2 upstox:upstox-python-sdk==2.30.0 groww:growwapi==1.5.0)

# sdk_stage: the SDKs come from PyPI; where that cannot be reached, the stage says so and is skipped.
sdk_stage() {
    local began=$SECONDS sdk broker result=passed folder=$DATA/sdk
    step "official SDKs: ${SDKS[*]#*:}"
    if ! python_environment "$folder" "${SDKS[@]#*:}" >"$DATA/log/sdk-install.log" 2>&1; then
        tail -n 3 "$DATA/log/sdk-install.log"
        note_stage "official SDKs" "skipped: Python's venv or PyPI cannot be had here" "$began"
        return
    fi
    start_process sandbox "$VOLLEY_TEST_PROGRAMS/broker-sandbox" --market open \
        --listen "127.0.0.1:$(port_of sandbox)" --ws-listen "127.0.0.1:$(port_of sandbox-stream)"
    await_process sandbox 60 curl -fsS "http://127.0.0.1:$(port_of sandbox)/control/ledger/summary"
    for sdk in "${SDKS[@]}"; do
        broker=${sdk%%:*}
        say "${sdk#*:}"
        if ! check_with_sdk "$folder" "$broker"; then
            result="FAILED at $broker"
            break
        fi
    done
    stop_process sandbox
    note_stage "official SDKs" "$result" "$began"
}

# A check asks for what happens by itself, such as updates on a socket, with half a minute of patience:
# on a machine that stood still it is made a second time, on a sandbox that the first left as it was.
check_with_sdk() {
    local folder=$1 broker=$2 log=$DATA/log/sdk-$2.log
    for _ in 1 2; do
        if (
            cd "$folder" && timeout --kill-after=15 300 bin/python "$CHECKOUT/deploy/sdk/${broker}_check.py" \
                "http://127.0.0.1:$(port_of sandbox)" "ws://127.0.0.1:$(port_of sandbox-stream)"
        ) </dev/null >"$log" 2>&1; then
            tail -n 1 "$log"
            return
        fi
        tail -n 15 "$log"
        curl -fsS -X DELETE "http://127.0.0.1:$(port_of sandbox)/control/faults" >/dev/null || return 1
        curl -fsS -X DELETE "http://127.0.0.1:$(port_of sandbox)/control/ledger" >/dev/null || return 1
    done
    mapfile -t -O "${#FAILURES[@]}" FAILURES < <(grep FAILED "$log" | cut -c 1-600)
    return 1
}
