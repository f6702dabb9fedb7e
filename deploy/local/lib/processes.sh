# Starting, watching and stopping the processes of a stack, each known by a pid file.
# shellcheck shell=bash
#
# A pid file holds "PID START BOOT". A pid alone may by now belong to somebody else's process, so
# nothing is signalled unless the process also began at that tick of that boot.

# "START BOOT" of a live process.
process_mark() {
    local stat fields
    stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
    read -ra fields <<<"${stat##*) }" # behind the name, which may hold blanks: state, parent, …
    [ "${fields[0]}" != Z ] || return 1
    echo "${fields[19]} $(</proc/sys/kernel/random/boot_id)"
}

# Prints the pid of a process of this stack, if it runs.
pid_of() {
    local pid mark
    read -r pid mark 2>/dev/null <"$DATA/run/$1.pid" || return 1
    [ "$mark" = "$(process_mark "$pid")" ] || return 1
    echo "$pid"
}

is_running() { pid_of "$1" >/dev/null; }

any_running() {
    local file
    for file in "$DATA"/run/*.pid; do
        file=${file##*/}
        is_running "${file%.pid}" && return 0
    done
    return 1
}

# Files that the caller has open (a lock, a terminal's pipe) must not stay open in a server.
close_inherited_files() {
    local fd
    for fd in /proc/self/fd/*; do
        fd=${fd##*/}
        if ((fd > 2)); then exec {fd}>&-; fi
    done
}

# start_process NAME COMMAND…: in a session of its own, its output appended to log/NAME.log.
start_process() {
    local name=$1 pid
    shift
    (
        close_inherited_files 2>/dev/null
        cd "$CHECKOUT" || exit 1
        exec setsid "$@" </dev/null >>"$DATA/log/$name.log" 2>&1
    ) &
    pid=$!
    disown "$pid"
    (umask 077 && echo "$pid $(process_mark "$pid")" >"$DATA/run/$name.pid")
}

# await_process NAME SECONDS CHECK…: until the check succeeds; ends the script if the process
# dies or time runs out, with the end of its log.
await_process() {
    local name=$1 patience=$2 since=$SECONDS
    shift 2
    until "$@" >/dev/null 2>&1; do
        if ! is_running "$name"; then
            show_log "$name"
            fail "$name ended while it was starting."
        fi
        if ((SECONDS - since > patience)); then
            show_log "$name"
            fail "$name was not ready after $patience seconds."
        fi
        sleep 0.2
    done
}

show_log() {
    printf '\n--- the end of %s\n' "$DATA/log/$1.log" >&2
    tail -n 20 "$DATA/log/$1.log" >&2
}

# stop_process NAME [SIGNAL [SECONDS]]: asks, waits, and only then kills.
stop_process() {
    local name=$1 signal=${2:-TERM} patience=${3:-30} since=$SECONDS pid
    if pid=$(pid_of "$name"); then
        signal_process "$signal" "$pid"
        while is_running "$name"; do
            if ((SECONDS - since > patience)); then
                say "$name did not stop within $patience seconds and is killed."
                signal_process KILL "$pid"
                patience=$((patience + 10))
            fi
            sleep 0.1
        done
        say "$name stopped."
    fi
    rm -f "$DATA/run/$name.pid"
}

# It may have ended by itself between the look and the signal.
signal_process() { kill -s "$1" "$2" 2>/dev/null || true; }
