#!/usr/bin/env bash
# Tries this checkout on 64-bit ARM, emulated: sets it up, runs the tests of the wire and of the engine, serves a
# request, and makes and runs the executable. It takes root's rights, an hour and, on Debian:
#
#   apt install mmdebstrap qemu-user-static binfmt-support arch-test
#
# TESTS names other tests; hundreds of drawn photos, which take hours there, are left out. The ARM Debian stays in build/arm64 for the next run.
set -euo pipefail
cd "$(dirname "$0")/.."

root=$PWD/build/arm64/root
certificates=/etc/ssl/certs/ca-certificates.crt
packages=binutils,ca-certificates,curl,libpython3.11,make,python3,python3-venv

fail() {
    echo "arm64.sh: $1" >&2
    exit 1
}

[ "$(id -u)" = 0 ] || fail "it makes another system and enters it, so it needs root's rights"
for program in mmdebstrap arch-test unshare; do
    command -v "$program" >/dev/null || fail "$program is not here; see the top of $0"
done
arch-test arm64 >/dev/null ||
    fail "programs for arm64 do not run here; see the top of $0, or: update-binfmts --enable qemu-aarch64"

if [ ! -e "$root/made" ]; then
    rm -rf "$root"
    mkdir -p "$root"
    mmdebstrap --architectures=arm64 --variant=apt --include="$packages" bookworm "$root"
    touch "$root/made"
fi

# The tree as git knows it, and a network that may have certificates of its own.
mkdir -p "$root/srv/alpr_api"
git ls-files -z | tar --null --files-from=- --create | tar --extract --directory "$root/srv/alpr_api"
cp --dereference /etc/resolv.conf "$root/etc/resolv.conf"
[ ! -e $certificates ] || cp --dereference $certificates "$root$certificates"

left_out=
for test in reads_plates_of_every_style plates_that_fill_the_image_are_read a_plate_that_the_image_cuts_is_marked \
    signs_are_no_plates any_size_can_be_read; do
    left_out+=" --deselect tests/engines/embedded/test_engine.py::test_$test"
done

# shellcheck disable=SC2016 # The system inside expands it.
inside='
set -euo pipefail
cd /srv/alpr_api
say() { echo "== $(uname -m): $1"; }

say "make setup"
mkdir -p build
make setup
# Those of the packages for development that the tests need: some of the others have no wheel for ARM.
grep -E "^(hypothesis|psutil|pytest|requests)==" requirements-dev.lock | tr -d "\\\\" >build/tested.txt
.venv/bin/pip install --quiet -r build/tested.txt

say "tests: $TESTS"
.venv/bin/python -m pytest $TESTS

say "the service"
.venv/bin/alpr_api --host 127.0.0.1 --port 5099 &
service=$!
for _ in $(seq 120); do
    if curl --silent --fail http://127.0.0.1:5099/readyz; then break; fi
    sleep 1
done
curl --silent --fail -F upload=@docs/images/sample.jpg http://127.0.0.1:5099/v1/vision/alpr
kill "$service"
wait "$service"

say "the executable"
PYTHON=/usr/bin/python3 ./build_alpr_api.sh
dist/alpr_api read docs/images/sample.jpg
say "all of it ran"
'
# In namespaces of its own: what is mounted and started there ends with it.
# shellcheck disable=SC2016 # $0 is the inner shell's.
unshare --mount --pid --fork --kill-child sh -c '
    mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" && exec chroot "$0" "$@"
' "$root" /usr/bin/env -i HOME=/root LANG=C.UTF-8 PATH=/usr/bin:/usr/sbin:/bin:/sbin \
    PIP_CERT=$certificates PIP_DISABLE_PIP_VERSION_CHECK=1 \
    TESTS="${TESTS:-tests/wire tests/engines/embedded $left_out}" \
    bash -c "$inside"
