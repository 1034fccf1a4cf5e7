#!/usr/bin/env bash
# Makes the service one executable file, dist/alpr_api, that needs no Python where it runs.
#
#   ./build_alpr_api.sh [--onedir] [--charset NAME]... [--sdk FOLDER] [--out FOLDER]
#
#   --onedir        a folder, FOLDER/alpr_api/, instead of one file that unpacks itself at each
#                   start; better with ultimateALPR, whose libraries are hundreds of megabytes
#   --charset NAME  ultimateALPR's models for korean or chinese plates, beside those for latin ones
#   --sdk FOLDER    where ultimateALPR's Python module lies; .venv unless named, if it is there
#   --out FOLDER    where the result goes; dist unless named
#
# PYTHON names the Python to build with, 3.10 or newer (.venv's or python3 unless set). The executable runs on
# systems as old as the oldest of what it is built from: see docs/deployment.md.
set -euo pipefail
start=$PWD
cd "$(dirname "$0")"

fail() {
    echo "build_alpr_api.sh: $1" >&2
    exit "${2:-1}"
}

absolute() {
    case $1 in /*) echo "$1" ;; *) echo "$start/$1" ;; esac
}

# Prints the folder in which a Python finds the SDK's module, or nothing. Nothing is imported.
folder_of_sdk() {
    "$1" - <<'PYTHON'
import importlib.util
found = importlib.util.find_spec("ultimateAlprSdk")
print(found.origin.rpartition("/")[0] if found and found.origin else "")
PYTHON
}

# The Pythons that the SDK's module was built for, e.g. cp311; nothing if that is not recorded. The
# vendor's build names the Python only in the wheel, and any Python loads the file, and fails later.
pythons_of_sdk() {
    sed -n 's/^Tag: \(cp[0-9]*\)-cp.*/\1/p' "$1"/ultimateAlprSdk-*.dist-info/WHEEL 2>/dev/null || true
    find "$1" -maxdepth 1 -name '_ultimateAlprSdk.cpython-*.so' | sed 's/.*cpython-\([0-9]*\).*/cp\1/'
}

# Fails where a Python's own shared library is neither known to the system nor beside the Python.
HAS_SHARED_LIBRARY='
import ctypes, os, sys, sysconfig
name = sysconfig.get_config_var("INSTSONAME") or ""
if not os.path.exists(os.path.join(sys.base_prefix, "lib", name)):
    try:
        ctypes.CDLL(name)
    except OSError:
        sys.exit(1)
'

out=$PWD/dist
sdk=
charsets=()
options=()
while [ $# -gt 0 ]; do
    case $1 in
        --onedir) options+=(--onedir) ;;
        --charset | --sdk | --out)
            [ $# -ge 2 ] || fail "$1 needs a value" 2
            case $1 in
                --charset) charsets+=(--charset "$2") ;;
                --sdk) sdk=$(absolute "$2") ;;
                --out) out=$(absolute "$2") ;;
            esac
            shift
            ;;
        -h | --help)
            sed -n '2,/^set /{/^set /!s/^# \{0,1\}//p}' "$0"
            exit 0
            ;;
        *) fail "unknown option $1; see --help" 2 ;;
    esac
    shift
done

python=$(command -v .venv/bin/python || echo python3)
python=${PYTHON:-$python}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' ||
    fail "$python is not there or older than Python 3.10; set PYTHON=/path/to/python3"

if [ -z "$sdk" ] && [ -x .venv/bin/python ]; then
    sdk=$(folder_of_sdk .venv/bin/python)
fi
if [ -n "$sdk" ]; then
    [ -e "$sdk/ultimateAlprSdk.py" ] || fail "there is no ultimateAlprSdk.py in $sdk"
    built_for=$(pythons_of_sdk "$sdk")
    here=$("$python" -c 'import sys; print("cp%d%d" % sys.version_info[:2])')
    [ -z "$built_for" ] || grep -qx "$here" <<<"$built_for" ||
        fail "ultimateALPR's module in $sdk was built for ${built_for%%$'\n'*}, but $python is $here; run build_and_setup_ultimatealvr.sh again, or set PYTHON"
    options+=(--sdk "$PWD/build/sdk" "${charsets[@]+"${charsets[@]}"}")
elif [ ${#charsets[@]} -gt 0 ]; then
    fail "--charset is ultimateALPR's, which is not installed; see build_and_setup_ultimatealvr.sh"
fi

"$python" -c "$HAS_SHARED_LIBRARY" ||
    fail "$python has no shared library to bundle; on Debian: apt install $("$python" -c 'import sys; print("libpython%d.%d" % sys.version_info[:2])')"

mkdir -p build
if command -v flock >/dev/null; then
    exec 9>build/lock
    flock 9 # Two builds at once would write the same files.
fi

venv=build/venv
needed=$("$python" --version && cat requirements.lock requirements-build.lock)
if [ "$(cat "$venv/needed" 2>/dev/null)" != "$needed" ]; then
    rm -rf "$venv"
    package=$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
    "$python" -m venv "$venv" || fail "no virtual environment; on Debian: apt install $package"
    "$venv/bin/pip" install --quiet --disable-pip-version-check \
        -r requirements.lock -r requirements-build.lock
    echo "$needed" >"$venv/needed"
fi

if [ -n "$sdk" ]; then
    echo "bundling ultimateALPR from $sdk"
    # Copied by itself: nothing else that lies beside it shall be found.
    rm -rf build/sdk
    mkdir build/sdk
    find "$sdk" -maxdepth 1 \( -name ultimateAlprSdk.py -o -name '_ultimateAlprSdk*.so' \) \
        -exec cp {} build/sdk/ \;
fi

"$venv/bin/pyinstaller" --noconfirm --log-level WARN --distpath "$out" --workpath build \
    alpr_api.spec -- "${options[@]+"${options[@]}"}"
result=$out/alpr_api
echo "$result: $(($(du -sk "$result" | cut -f1) * 1024 / 1000000)) MB"
[ -d "$result" ] ||
    echo "at each start it unpacks itself below TMPDIR, or /tmp; docs/deployment.md has what that needs"
