#!/usr/bin/env bash
# Install what building and running Lakehouse needs: Debian packages, libduckdb with its header, and
# the sentence model. Everything fetched is pinned by SHA-256 in tools/deps.lock. Safe to run again:
# what is there already is left alone.
#
# usage: tools/setup.sh [--dev] [--test]
#   --dev: also what `make lint`, `make fuzz` and sanitizers need
#   --test: also the database servers that `make test` starts; none is started or enabled by the installation
set -euo pipefail
cd "$(dirname "$0")/.."
deps=${LAKEHOUSE_DEPS:-$PWD/.deps}
lists=(tools/packages-debian.txt)

say() { printf '%s\n' "$*"; }
fail() { printf 'setup: %s\n' "$*" >&2; exit 1; }
for option in "$@"; do
    case $option in
    --dev) lists+=(tools/packages-dev.txt) ;;
    --test) lists+=(tools/packages-test.txt) ;;
    *) fail "unknown option '$option' (known: --dev, --test)" ;;
    esac
done
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; elif command -v sudo >/dev/null; then sudo "$@"; else fail "root is needed for: $*"; fi; }

missing_packages() {
    local name
    sed -e 's/#.*//' "${lists[@]}" | while read -r name; do
        [ -n "$name" ] || continue
        # A node or npm that did not come from Debian serves as well, and would clash with Debian's.
        case $name in nodejs) command -v node >/dev/null && continue ;; npm) command -v npm >/dev/null && continue ;; esac
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || printf '%s\n' "$name"
    done
}

# The tests want a server's programs only: PostgreSQL's package is told to make no cluster while it is
# installed, so nothing is started, now or at boot. (mariadb-server-core brings no service at all.)
cluster_rule=/etc/postgresql-common/createcluster.d/lakehouse-setup.conf
make_no_cluster() {
    local settings=/etc/postgresql-common/createcluster.conf
    if [ -e "$settings" ] && ! grep -q '^include_dir.*createcluster\.d' "$settings"; then
        say "note: $settings does not include createcluster.d, so PostgreSQL's package may start a cluster of its own"
    fi
    as_root mkdir -p "$(dirname "$cluster_rule")"
    echo 'create_main_cluster = false' | as_root tee "$cluster_rule" >/dev/null
}
clean_up() {
    rm -rf "$log" "$deps"/fetch.*
    [ ! -e "$cluster_rule" ] || as_root rm -f "$cluster_rule"
}

install_packages() {
    command -v apt-get >/dev/null || fail "this script knows Debian's apt-get only; install the packages of ${lists[*]} by hand"
    local missing
    mapfile -t missing < <(missing_packages)
    if [ ${#missing[@]} -eq 0 ]; then say "packages: all there"; return; fi
    say "packages: installing ${#missing[@]}: ${missing[*]}"
    as_root apt-get update -qq || fail "apt-get update failed: is the network there?"
    case " ${missing[*]} " in *" postgresql-15 "*) make_no_cluster ;; esac
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >"$log" 2>&1 ||
        { tail -20 "$log" >&2; fail "apt-get install failed (above)"; }
}

check_sum() { # file sha256
    local seen
    seen=$(sha256sum "$1" | cut -d' ' -f1)
    [ "$seen" = "$2" ] || fail "$(basename "$1"): SHA-256 is $seen, $2 expected; nothing was installed from it"
}

# One line of deps.lock: fetch the archive, check it, take out one file or one folder.
fetch() { # kind package version sha inside target
    local kind=$1 package=$2 version=$3 sha=$4 inside=$5 target=$deps/$6 work archive
    if [ -e "$target" ] && [ "$(cat "$target.sha256" 2>/dev/null)" = "$sha" ]; then say "$package $version: there"; return; fi
    say "$package $version: fetching"
    work=$(mktemp -d "$deps/fetch.XXXXXX")
    case $kind in
    npm*)
        (cd "$work" && npm pack --silent "$package@$version" >npm.out 2>npm.log) || { cat "$work/npm.log" >&2; fail "npm could not fetch $package@$version"; }
        archive=$(ls "$work"/*.tgz)
        check_sum "$archive" "$sha"
        tar xzf "$archive" -C "$work" "$inside" ;;
    pypi)
        [ -x "$deps/venv/bin/pip" ] || python3 -m venv "$deps/venv"
        "$deps/venv/bin/pip" --disable-pip-version-check download -q --no-deps -d "$work" "$package==$version" || fail "pip could not fetch $package==$version"
        archive=$(ls "$work"/*.whl)
        check_sum "$archive" "$sha"
        unzip -q "$archive" "$inside*" -d "$work" ;;
    *) fail "tools/deps.lock: unknown kind '$kind'" ;;
    esac
    mkdir -p "$(dirname "$target")"
    rm -rf "$target" "$target.sha256"
    mv "$work/${inside%/}" "$target"
    printf '%s\n' "$sha" >"$target.sha256"
    rm -rf "$work"
}

mkdir -p "$deps"
log=$(mktemp)
trap clean_up EXIT
install_packages
machine=$(uname -m)
while read -r kind package version sha inside target; do
    case $kind in ''|'#'*) continue ;; npm-*) [ "$kind" = "npm-$machine" ] || continue ;; esac
    fetch "$kind" "$package" "$version" "$sha" "$inside" "$target"
done <tools/deps.lock
say "setup: done"
