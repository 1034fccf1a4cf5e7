#!/usr/bin/env bash
# Installs ultimateALPR, the vendor's SDK, for this program: its Python module into .venv, the models
# that are needed into assets/, its shared libraries into libs/. See --help, and docs/ultimatealpr.md.
#
# Everything is fetched, built and tried in a work folder beside its destination. Only what works is
# moved into place, by renaming; whatever fails or interrupts it, what was there before stays.
set -euo pipefail

readonly COMMIT=febe9921e7dd37e64901d84cad01d51eca6c6a71 # SDK 3.14.1
readonly TENSORFLOW=https://storage.googleapis.com/tensorflow/libtensorflow
readonly SDK_URL=${ULTIMATEALPR_SDK_URL:-https://github.com/DoubangoTelecom/ultimateALPR-SDK/archive/$COMMIT.zip}
# Builds that this commit knows; newer ones are refused by it. 1.14 is small; 2.6 knows newer GPUs.
readonly CPU_URL=${ULTIMATEALPR_TENSORFLOW_URL:-$TENSORFLOW/libtensorflow-cpu-linux-x86_64-1.14.0.tar.gz}
readonly GPU_URL=${ULTIMATEALPR_TENSORFLOW_URL:-$TENSORFLOW/libtensorflow-gpu-linux-x86_64-2.6.0.tar.gz}

# SHA-256 of those two archives. GitHub packs the SDK anew whenever it is asked, so no sum of that can
# be fixed here: without --sdk-sha256, the one that came is shown, to be compared and given next time.
readonly CPU_SHA256=d30c15981d47c081ed4c38b5febf95b9260936fdc4a4b90b436b6982651c7111
readonly GPU_SHA256=1a93057baa9f831a00a5935132c8e7438ee4ddfc166779dca51aae8c4a40870b

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly here
prefix=$here
python=''
tensorflow=''
tensorflow_archive=''
sdk=''
sdk_sha256=''
tensorflow_sha256=''
keep_build=no
charsets=()
klasses=()
devices=()

# Of the folder with the SDK's libraries, those that reading plates on a CPU or an NVIDIA card needs.
readonly NEEDED_LIBS=(libultimate_alpr-sdk.so)
readonly OPENVINO_LIBS=(
    libinference_engine.so libinference_engine_legacy.so libinference_engine_transformations.so
    libinference_engine_lp_transformations.so libngraph.so libMKLDNNPlugin.so libtbb.so.2
)

usage() {
    cat <<'TEXT'
Usage: ./build_and_setup_ultimatealvr.sh [OPTION]...

Installs the ultimateALPR SDK for Linux x86_64. It is the vendor's, free for non-commercial use only;
without a licence it masks the last character of each plate.

  --tensorflow cpu|gpu       which TensorFlow library (cpu; asked for on a terminal)
  --charset NAME             latin, korean or chinese; may be repeated (latin)
  --klass NAME               models of a klass_… option: lpci, vcr, vmmr or vbsr; may be repeated
  --openvino-device NAME     what OpenVINO runs on besides the CPU, e.g. GPU; may be repeated
  --sdk DIR_OR_ARCHIVE       an SDK that is here already, instead of a download
  --tensorflow-archive FILE  a TensorFlow C library that is here already (.tar.gz)
  --sdk-sha256 SUM           what the SDK's archive must have, downloaded or not
  --tensorflow-sha256 SUM    the same for TensorFlow's; a download from the usual place is always checked
  --python PROGRAM           the Python that .venv is made with, where there is none (python3)
  --prefix DIR               where .venv, assets and libs are (the folder of this script)
  --keep-build               keep the work folder, and its logs
  --help                     this text

Mirrors: ULTIMATEALPR_SDK_URL and ULTIMATEALPR_TENSORFLOW_URL. pip's own variables hold as well:
PIP_NO_INDEX=1 PIP_FIND_LINKS=DIR takes the wheels of setuptools, wheel, packaging and Cython from a
folder.
TEXT
}

say() { printf '%s\n' "$*"; }
step() { printf '== %s\n' "$*"; }
fail() {
    printf 'build_and_setup_ultimatealvr.sh: %s\n' "$*" >&2
    exit 1
}

parse() {
    local option
    while (($#)); do
        option=$1
        shift
        case $option in
            --help) usage && exit 0 ;;
            --keep-build) keep_build=yes && continue ;;
            --tensorflow | --charset | --klass | --openvino-device | --sdk | --tensorflow-archive | --python | --prefix) ;;
            --sdk-sha256 | --tensorflow-sha256) ;;
            *) fail "unknown option $option; see --help" ;;
        esac
        (($#)) || fail "$option needs a value; see --help"
        case $option in
            --tensorflow) tensorflow=$(one_of "$option" "$1" cpu gpu) ;;
            --charset) charsets+=("$(one_of "$option" "$1" latin korean chinese)") ;;
            --klass) klasses+=("$(one_of "$option" "$1" lpci vcr vmmr vbsr)") ;;
            --openvino-device) devices+=("$(one_of "$option" "$1" GNA HETERO MULTI GPU MYRIAD HDDL FPGA)") ;;
            --sdk) sdk=$1 ;;
            --sdk-sha256) sdk_sha256=$(sum_of "$option" "$1") ;;
            --tensorflow-sha256) tensorflow_sha256=$(sum_of "$option" "$1") ;;
            --tensorflow-archive) tensorflow_archive=$1 ;;
            --python) python=$1 ;;
            --prefix) prefix=$1 ;;
        esac
        shift
    done
    ((${#charsets[@]})) || charsets=(latin)
}

one_of() {
    local option=$1 value=$2 choice
    shift 2
    for choice; do
        [[ $value != "$choice" ]] || { say "$value" && return; }
    done
    fail "$option takes one of: $*; not '$value'"
}

sum_of() {
    [[ $2 =~ ^[0-9a-fA-F]{64}$ ]] || fail "$1 takes 64 hexadecimal digits, not '$2'"
    say "${2,,}"
}

ask() {
    [[ -z $tensorflow ]] || return 0
    tensorflow=cpu
    [[ -t 0 && -t 1 && -z $tensorflow_archive ]] || return 0
    local answer
    read -r -p 'TensorFlow for the CPU, or for an NVIDIA card (cpu/gpu)? [cpu] ' answer
    tensorflow=$(one_of --tensorflow "${answer:-cpu}" cpu gpu)
}

check_machine() {
    [[ $(uname -s)-$(uname -m) == Linux-x86_64 ]] ||
        fail "the SDK is set up on Linux x86_64 only, not on $(uname -s) $(uname -m)"
    grep -qw avx /proc/cpuinfo || fail 'this processor has no AVX, which the SDK needs; use --engine embedded'
    grep -qw avx2 /proc/cpuinfo || say 'Note: without AVX2 the SDK does not use OpenVINO, and is slower.'
    [[ -z $sdk || -e $sdk ]] || fail "--sdk $sdk: there is no such file or folder"
    [[ -z $tensorflow_archive || -f $tensorflow_archive ]] ||
        fail "--tensorflow-archive $tensorflow_archive: there is no such file"
    mkdir -p "$prefix" && prefix=$(cd "$prefix" && pwd)
    [[ -w $prefix ]] || fail "$prefix cannot be written to"
}

# Undoes what was placed unless the end was reached, and removes the work folder.
finish() {
    local status=$? index
    trap - EXIT
    if [[ $finished == no ]]; then
        for ((index = ${#placed[@]} - 1; index >= 0; index--)); do
            rm -rf "${placed[index]}"
            [[ ! -e $work/old/$index ]] || mv "$work/old/$index" "${placed[index]}"
        done
        [[ $made_venv == no ]] || rm -rf "$prefix/.venv"
        rmdir "$prefix"/assets/models{,.openvino} "$prefix/assets" 2>/dev/null || true
        say 'Nothing was changed.' >&2
    fi
    if [[ $keep_build == yes ]]; then say "The work folder is $work"; else rm -rf "$work"; fi
    exit "$status"
}

# Moves a file or folder into place; what was there is kept until the end.
place() {
    local index=${#placed[@]}
    mkdir -p "$(dirname "$2")" "$work/old"
    placed+=("$2")
    [[ ! -e $2 ]] || mv "$2" "$work/old/$index"
    mv "$1" "$2"
}

# Runs a command whose output matters only if it fails.
quietly() {
    local log=$work/$1.log why=$2
    shift 2
    if ! "$@" >"$log" 2>&1; then
        tail -n 15 "$log" >&2
        fail "$why"
    fi
}

download() {
    local url=$1 file=$2 option=$3 show=(--silent --show-error)
    [[ ! -t 2 ]] || show=(--progress-bar)
    say "   $url"
    if command -v curl >/dev/null; then
        curl --fail --location --retry 2 --connect-timeout 20 "${show[@]}" --output "$file" "$url" ||
            fail "cannot download $url; without internet give the file by $option"
    elif command -v wget >/dev/null; then
        wget --quiet --tries=3 --timeout=20 --output-document="$file" "$url" ||
            fail "cannot download $url; without internet give the file by $option"
    else
        fail "neither curl nor wget is here to download $url; install one, or give the file by $option"
    fi
}

# Stops unless a file has this SHA-256; without one it only says which it has.
verify() {
    local file=$1 wanted=$2 option=$3 found
    found=$(sha256sum "$file") && found=${found%% *}
    if [[ -z $wanted ]]; then
        say "   SHA-256 $found, which nothing was compared with; see $option"
    elif [[ $found != "$wanted" ]]; then
        fail "$file has the SHA-256 $found, not $wanted; it was changed or cut short, see $option"
    fi
}

prepare_python() {
    venv=$prefix/.venv/bin/python
    if [[ ! -e $venv ]]; then
        command -v "${python:-python3}" >/dev/null || fail "there is no ${python:-python3}; name one by --python"
        made_venv=yes
        quietly venv 'cannot make .venv; on Debian and Ubuntu: apt install python3-venv' \
            "${python:-python3}" -m venv "$prefix/.venv"
    elif [[ -n $python && $("$python" -c "$VERSION") != $("$venv" -c "$VERSION") ]]; then
        fail "$prefix/.venv is of another Python than $python; remove it, or leave --python out"
    fi
    "$venv" -c 'import sys; sys.exit(sys.version_info < (3, 10))' ||
        fail "Python 3.10 or newer is needed, not $("$venv" -c "$VERSION"); name one by --python"
}
readonly VERSION='import sys; print("%d.%d" % sys.version_info[:2])'

fetch_sdk() {
    local source=$sdk
    if [[ -z $source ]]; then
        source=$work/sdk.zip
        download "$SDK_URL" "$source" --sdk
    fi
    if [[ ! -d $source ]]; then
        verify "$source" "$sdk_sha256" --sdk-sha256
        mkdir "$work/unpacked"
        case $source in
            *.zip) quietly unpack "$source is no whole zip archive" "$venv" -m zipfile -e "$source" "$work/unpacked" ;;
            *) quietly unpack "$source is no whole tar archive" tar -xf "$source" -C "$work/unpacked" ;;
        esac
        source=$(find "$work/unpacked" -maxdepth 2 -type d -name binaries -printf '%h\n' -quit)
    fi
    root=$source
    [[ -n $root && -f $root/python/setup.py && -d $root/binaries/linux/x86_64 && -d $root/assets/models ]] ||
        fail "${sdk:-the download} is not the ultimateALPR SDK: python/setup.py, binaries/linux/x86_64 or assets/models is missing"
}

stage_libs() {
    local from=$root/binaries/linux/x86_64 name plugin
    mkdir -p "$stage/libs"
    [[ ! -f $prefix/libs/README.md ]] || cp "$prefix/libs/README.md" "$stage/libs/"
    for name in "${NEEDED_LIBS[@]}" "${OPENVINO_LIBS[@]}"; do
        is_library "$from/$name" || fail "the SDK lacks a whole $name"
        cp -L "$from/$name" "$stage/libs/"
    done
    # Its spelling changed between versions.
    plugin=$(find "$from" -maxdepth 1 -iname 'libultimatePluginOpenVINO.so' -print -quit)
    [[ -n $plugin && -f $from/plugins.xml ]] || fail "the SDK lacks OpenVINO's plugin or plugins.xml"
    cp -L "$plugin" "$from/plugins.xml" "$stage/libs/"
    # plugins.xml says which file drives which device.
    for name in "${devices[@]}"; do
        plugin=$(sed -n "s/.*<plugin[^>]*name=\"$name\"[^>]*location=\"\([^\"]*\)\".*/\1/p" "$from/plugins.xml")
        [[ -n $plugin ]] || fail "the SDK's plugins.xml names no plugin for $name"
        is_library "$from/$plugin" || fail "the SDK lacks a whole $plugin, which drives $name"
        cp -L "$from/$plugin" "$stage/libs/"
    done
}

stage_tensorflow() {
    local archive=$tensorflow_archive from library framework url=$CPU_URL sum=$CPU_SHA256
    [[ $tensorflow == cpu ]] || { url=$GPU_URL && sum=$GPU_SHA256; }
    if [[ -z $archive ]]; then
        archive=$work/tensorflow.tar.gz
        download "$url" "$archive" --tensorflow-archive
        # A mirror may serve other builds, whose sums are not known here.
        [[ -n $tensorflow_sha256 || $url != "$TENSORFLOW"/* ]] || tensorflow_sha256=$sum
    fi
    verify "$archive" "$tensorflow_sha256" --tensorflow-sha256
    mkdir "$work/tensorflow"
    quietly tensorflow "$archive is no whole tar archive" tar -xf "$archive" -C "$work/tensorflow"
    from=$work/tensorflow
    [[ ! -d $from/lib ]] || from=$from/lib # The vendor's own archives have no such folder.
    library=$(first_of "$from/libtensorflow.so.1" "$from/libtensorflow.so.2")
    framework=$(first_of "$from/libtensorflow_framework.so.1" "$from/libtensorflow_framework.so.2")
    [[ -n $library && -n $framework ]] || fail "$archive is not TensorFlow's C library"
    # The SDK asks for this name whichever version it gets; the framework is found by its own.
    cp -L "$library" "$stage/libs/libtensorflow.so.1"
    cp -L "$framework" "$stage/libs/"
}

first_of() {
    local file
    for file; do
        if is_library "$file"; then
            say "$file"
            return
        fi
    done
}

# Whether it is a shared library, and no placeholder that a version control system left there.
is_library() { [[ -f $1 && $(head -c 4 "$1" | tail -c 3) == ELF ]]; }

stage_models() {
    local charset klass
    model ultimateALPR-SDK_tensorflow_fp.txt.doubango
    network detect_main
    network detect_pysearch
    # The vendor's list has latin among what is always needed.
    for charset in latin "${charsets[@]}"; do
        case $charset in
            latin) model "charset_anpr_latin_size=37.txt" ;;
            korean) model "charset_anpr_korean_size=78.txt" ;;
            chinese) model "charset_anpr_chinese_size=73.txt" ;;
        esac
        model "ultimateALPR-SDK_recogn2x150_$charset.desktop.model.doubango"
    done
    for klass in "${klasses[@]}"; do
        model "ultimateALPR-SDK_klass_labels_$klass.txt.doubango"
        network "klass_$klass"
    done
}

model() {
    [[ -s $root/assets/models/$1 ]] || fail "the SDK lacks the model assets/models/$1"
    mkdir -p "$stage/assets/models"
    cp "$root/assets/models/$1" "$stage/assets/models/"
}

# A network comes twice: for TensorFlow, and as a folder for OpenVINO.
network() {
    local folder=ultimateALPR-SDK_$1.desktop.openvino.doubango
    model "ultimateALPR-SDK_$1.desktop.model.doubango"
    [[ -n $(find "$root/assets/models.openvino/$folder" -name '*.xml' 2>/dev/null) ]] ||
        fail "the SDK lacks the model assets/models.openvino/$folder"
    mkdir -p "$stage/assets/models.openvino"
    cp -r "$root/assets/models.openvino/$folder" "$stage/assets/models.openvino/"
}

build_wheel() {
    local build=$work/build tools=$work/tools run
    mkdir -p "$build/binaries/linux/x86_64"
    cp -r "$root/python" "$root/c++" "$build/"
    # setup.py is run from the folder of the libraries and looks for its module there.
    cp "$root"/python/*.py "$stage/libs/libultimate_alpr-sdk.so" "$build/binaries/linux/x86_64/"
    quietly tools 'cannot install setuptools, wheel (which needs packaging) and Cython' "$venv" -m pip install \
        --disable-pip-version-check --no-compile --target "$tools" setuptools wheel Cython
    # setuptools first: it brings the distutils that Python 3.12 dropped. Packed relocations would
    # tie the module to glibc 2.36.
    run='import runpy, setuptools; runpy.run_path("../../../python/setup.py", run_name="__main__")'
    quietly build "the SDK's setup.py failed, see above; it needs a C++ compiler and Python's headers (on Debian and Ubuntu: apt install g++ python3-dev)" \
        env -C "$build/binaries/linux/x86_64" PYTHONPATH="$tools" LDFLAGS=-Wl,-z,nopack-relative-relocs \
        "$venv" -c "$run" bdist_wheel --dist-dir "$work/wheel"
    quietly install 'the wheel cannot be installed' "$venv" -m pip install --disable-pip-version-check \
        --no-index --no-deps --no-compile --target "$stage/site" "$work"/wheel/*.whl
}

# The engine is started in a process of its own for each charset: what it prints is what it says.
smoke_test() {
    local folder=$1 modules=$2 charset
    for charset in "${charsets[@]}"; do
        PYTHONPATH=$modules LD_LIBRARY_PATH=$folder/libs \
            "$venv" "$here/alpr/engines/ultimate/worker_main.py" --try "$folder/assets" "$charset" ||
            fail "the engine does not start with the $charset charset, see above"
    done
}

install_all() {
    local file site
    site=$("$venv" -c 'import sysconfig; print(sysconfig.get_path("platlib"))')
    place "$stage/libs" "$prefix/libs"
    while IFS= read -r -d '' file; do
        place "$stage/$file" "$prefix/$file"
    done < <(cd "$stage" && find assets -mindepth 2 -maxdepth 2 -print0)
    while IFS= read -r -d '' file; do
        place "$file" "$site/${file##*/}"
    done < <(find "$stage/site" -mindepth 1 -maxdepth 1 -print0)
}

main() {
    parse "$@"
    ask
    check_machine
    work=$(mktemp -d "$prefix/.ultimatealpr-setup.XXXXXX")
    stage=$work/stage
    placed=()
    made_venv=no
    finished=no
    trap finish EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    step 'Python' && prepare_python
    step 'The SDK, free for non-commercial use only' && fetch_sdk
    step "Models: ${charsets[*]} ${klasses[*]}" && stage_models
    step 'Libraries' && stage_libs
    step "TensorFlow: $tensorflow" && stage_tensorflow
    step 'The Python module' && build_wheel
    step 'A first start' && smoke_test "$stage" "$stage/site"
    step "Into place: $prefix" && install_all
    step 'A start from there' && smoke_test "$prefix" ''
    finished=yes
    say "Done: make run starts the service with ultimateALPR; --engine embedded is still there."
}

main "$@"
