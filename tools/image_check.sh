#!/usr/bin/env bash
# Builds the container image without Docker and without a registry, and tries it: make image-check. It takes root's
# rights, some minutes and, on Debian:
#
#   apt install buildah mmdebstrap
#
# The Dockerfile's base image is stood in for by a Debian of the same release. Everything stays below build/image.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$PWD/build/image
certificates=/etc/ssl/certs/ca-certificates.crt
port=${PORT:-5098}
MAX_MB=120

fail() {
    echo "image_check.sh: $1" >&2
    exit 1
}

[ "$(id -u)" = 0 ] || fail "it makes another system and enters it, so it needs root's rights"
for program in mmdebstrap buildah curl python3; do
    command -v "$program" >/dev/null || fail "$program is not here; see the top of $0"
done

buildah() {
    command buildah --root "$work/storage" --runroot "$work/run" --storage-driver vfs "$@"
}

# A Debian with Python, under the name that the Dockerfile asks for.
make_base() {
    local base
    [ -e "$work/base.tar" ] || mmdebstrap --variant=minbase --include=ca-certificates,libpython3.11,python3,python3-venv \
        bookworm "$work/base.tar"
    base=$(buildah from scratch)
    buildah add --quiet "$base" "$work/base.tar" /
    # A network may have certificates of its own.
    [ ! -e $certificates ] || buildah add --quiet "$base" "$(realpath $certificates)" $certificates
    buildah config --env PIP_CERT=$certificates "$base"
    buildah commit --quiet --rm "$base" "$1"
}

mkdir -p "$work"
name=$(sed -n 's/^FROM \(.*\) AS build$/\1/p' deploy/Dockerfile)
buildah inspect --type image "docker.io/library/$name" >/dev/null 2>&1 || make_base "docker.io/library/$name"
buildah bud --isolation chroot --pull-never --format docker --layers --tag alpr_api --file deploy/Dockerfile .

container=$(buildah from --pull-never alpr_api)
trap 'buildah rm "$container" >/dev/null' EXIT
# The words of an entry of the image's configuration, from the Nth on, with NUL between.
of_image() {
    buildah inspect --type image alpr_api | python3 -c '
import json, sys
entry = json.load(sys.stdin)["Docker"]["config"]
for key in sys.argv[1].split("."):
    entry = entry[key]
words = entry[int(sys.argv[2]) :] if isinstance(entry, list) else [entry]
print("\0".join(words), end="\0")' "$1" "${2:-0}"
}
mapfile -d '' -t entry < <(of_image Entrypoint)
mapfile -d '' -t health < <(of_image Healthcheck.Test 1)
mapfile -d '' -t user < <(of_image User)
inside() {
    buildah run --isolation chroot --env ALPR_PORT="$port" "$container" -- "$@"
}

root=$(buildah mount "$container")
mb=$(($(du -s --apparent-size --block-size=1 "$root" | cut -f1) / 1000000))
packed=$(($(tar --create --directory "$root" . | gzip | wc -c) / 1000000))
echo "user ${user[*]}; $mb MB of files, $packed MB as a registry sends them"
[ "$mb" -le $MAX_MB ] || fail "the image has more than $MAX_MB MB of files"

inside sleep 0 || fail "deploy/kubernetes.yaml lets it sleep before it stops, which it cannot"
! inside "${health[@]}" 2>/dev/null || fail "it is healthy before it runs"
inside "${entry[@]}" --host 127.0.0.1 &
service=$!
for _ in $(seq 60); do
    ! inside "${health[@]}" 2>/dev/null || break
    sleep 0.5
done
inside "${health[@]}" || fail "it does not become healthy"
answer=$(curl --silent --fail --form upload=@docs/images/sample.jpg "http://127.0.0.1:$port/v1/vision/alpr")
grep -q VJS6R44 <<<"$answer" || fail "it reads no plate: $answer"
pid=$(pgrep --full --newest -- "^${entry[0]} --host 127.0.0.1")
[ "$(stat --format %u "/proc/$pid")" = "${user[0]%%:*}" ] || fail "it does not run as the image's user"
kill -TERM "$pid"
wait "$service" || fail "it ends with $?"
echo "it starts, is healthy, reads a plate as its user, and stops"
