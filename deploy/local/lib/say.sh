# What the scripts tell the person who runs them.
# shellcheck shell=bash

readonly BEGAN=$SECONDS

# A new part of the work, with the seconds since the start.
step() { printf '\n[%4d s] %s\n' "$((SECONDS - BEGAN))" "$*"; }

# A line below a step.
say() { printf '         %s\n' "$*"; }

# Ends the script with one sentence that says what is wrong and what to do.
fail() {
    printf '\n%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}
