# Building the programs.
# shellcheck shell=bash

# Sets PROGRAMS, the folder that holds volley and broker-sandbox.
build_programs() {
    local product
    for product in volley broker-sandbox; do
        say "swift build -c release --product $product"
        (cd "$CHECKOUT" && swift build -c release --product "$product") ||
            fail "the build of $product failed; see above."
    done
    # shellcheck disable=SC2034  # read by roles.sh and environment.sh
    PROGRAMS=$(cd "$CHECKOUT" && swift build -c release --show-bin-path)
}
