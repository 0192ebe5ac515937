#!/usr/bin/env bash
# From nothing to SQL and semantic search over real data: this machine's own Debian package index.
# Safe to run again: what is done already is kept, and said.
#
# usage: demo/run.sh [--data DIR] [--port N] [--rows slice|all]
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
data=lakehouse-data port=3100 rows=slice
while [ $# -gt 0 ]; do
    case $1 in
    --data) data=$2 ;;
    --port) port=$2 ;;
    --rows) rows=$2 ;;
    *) echo "usage: demo/run.sh [--data DIR] [--port N] [--rows slice|all]" >&2; exit 2 ;;
    esac
    shift 2
done
case $rows in slice | all) ;; *) echo "demo: ROWS is 'slice' (about a minute of embedding) or 'all', not '$rows'" >&2; exit 2 ;; esac

lakehouse=$root/build/lakehouse
seconds_to_embed=50 # the slice: what this machine embeds in that time
dataset=debian_packages index=debian_packages
mkdir -p "$data"
data=$(cd "$data" && pwd)
ready=$data/ready csv=$data/demo-packages.csv log=$data/server.log

title() { printf '\n\033[1m%s\033[0m\n' "$*"; }
[ -t 1 ] || title() { printf '\n%s\n' "$*"; }
fail() { printf 'demo: %s\n' "$*" >&2; exit 1; }
show() { printf '$ lakehouse %s\n' "$*"; } # what a user would type
lh() { "$lakehouse" "$@" --url "$url"; }
field() { python3 -c 'import json,sys; print(json.load(sys.stdin)'"$1"')' 2>/dev/null; }

start_server() {
    if [ -s "$ready" ] && curl -fs -m 5 "$(cat "$ready")/healthz" >/dev/null 2>&1; then
        url=$(cat "$ready")
        echo "the server is running already: $url"
        return
    fi
    rm -f "$ready"
    cd "$data"
    setsid nohup "$lakehouse" serve --data "$data" --listen "127.0.0.1:$port" --ready-file "$ready" >>"$log" 2>&1 &
    local pid=$! tries=0
    cd "$root"
    echo "$pid" >"$data/server.pid"
    until [ -s "$ready" ]; do
        kill -0 "$pid" 2>/dev/null || { tail -5 "$log" >&2; fail "the server did not start (log: $log). Is port $port taken? Try: make demo PORT=3200"; }
        tries=$((tries + 1))
        [ $tries -lt 600 ] || fail "the server was not ready within 60 s (log: $log)"
        sleep 0.1
    done
    url=$(cat "$ready")
    echo "started: $url   data in $data   log in $log"
}

make_csv() {
    command -v apt-cache >/dev/null || fail "apt-cache is not here: the demo reads Debian's package index"
    apt-cache dumpavail | python3 "$root/demo/packages_to_csv.py" >"$csv.new" ||
        fail "no package index on this machine: run 'apt-get update' and try again"
    mv "$csv.new" "$csv"
    echo "$(du -h "$csv" | cut -f1) of CSV from 'apt-cache dumpavail'"
}

ingest() {
    local sum loaded
    sum=$(sha256sum "$csv" | cut -d' ' -f1)
    loaded=$(lh datasets "$dataset" --json 2>/dev/null | field '.get("description","")' || true)
    if [ "$loaded" = "sha256:$sum" ]; then
        echo "the same records are loaded already"
        return
    fi
    show "ingest packages.csv --dataset $dataset --mode replace"
    lh ingest "$csv" --dataset "$dataset" --mode replace
    curl -fsS -X PATCH -H 'Content-Type: application/json' -d "{\"description\":\"sha256:$sum\"}" "$url/catalog/datasets/$dataset" >/dev/null
}

refresh() { # docs_max (0 = all)
    local limit=()
    [ "$1" = 0 ] || limit=(--docs-max "$1")
    lh refresh "$dataset" --index "$index" --id-column name --text-column description "${limit[@]}"
}

# Documents in the index; 0 when there is none yet.
indexed() { lh indexes "$index" --json 2>/dev/null | field '["doc_count"]' || echo 0; }

embed() {
    local total have began rate slice first=1000
    total=$(lh sql "SELECT count(*) FROM $dataset WHERE trim(description) <> ''" --json | field '["rows"][0][0]')
    have=$(indexed)
    if [ "$rows" = all ]; then
        echo "embedding the descriptions of all $total packages with all-MiniLM-L6-v2, on this machine's CPU"
        show "refresh $dataset --index $index --id-column name --text-column description"
        refresh 0
        return
    fi
    if [ "$have" -gt 0 ]; then
        echo "the index holds $have of $total packages already"
    else
        echo "embedding descriptions with all-MiniLM-L6-v2, on this machine's CPU: first $first to see how fast it is"
        began=$(date +%s.%N)
        refresh $first
        rate=$(python3 -c "import time; print(int($first / (time.time() - $began)))")
        slice=$((rate * seconds_to_embed))
        if [ "$slice" -ge $((total - first)) ]; then
            echo "about $rate a second: all $total fit in about a minute"
            refresh 0
        else
            echo "about $rate a second: $slice more now, in about a minute, programs before libraries ('make demo ROWS=all' does all $total)"
            refresh "$slice"
        fi
        have=$(indexed)
    fi
    [ "$have" -ge "$total" ] || echo "searches below see $have of $total packages, and say that the index is not fresh"
}

sql() { show "sql \"$1\""; lh sql "$1"; echo; }
search() { show "search $index \"$1\" --top-k 5"; lh search "$index" "$1" --top-k 5; echo; }

title "1. A server on its defaults"
start_server
title "2. Real data: the packages that this machine could install"
make_csv
ingest
show "datasets $dataset"
lh datasets "$dataset"
title "3. SQL"
sql "SELECT count(*) AS packages, count(DISTINCT maintainer_email) AS maintainers, round(sum(size_bytes) / 1e9, 1) AS gigabytes FROM $dataset"
sql "SELECT section, count(*) AS packages, round(avg(installed_kb) / 1024, 1) AS average_mb FROM $dataset GROUP BY section ORDER BY packages DESC LIMIT 5"
sql "SELECT name, round(size_bytes / 1e6) AS mb, description FROM (SELECT *, row_number() OVER (PARTITION BY section ORDER BY size_bytes DESC) AS place FROM $dataset) WHERE place = 1 ORDER BY mb DESC LIMIT 5"
title "4. A vector index over the descriptions"
embed
title "5. Search by meaning"
search "draw diagrams from text"
search "recover deleted files"
title "6. Both at once: search as a table in SQL"
sql "SELECT s.score, p.name, p.section, p.installed_kb FROM vector_search('$index', 'edit photos', 20) s JOIN $dataset p ON p.name = s.doc_id WHERE p.installed_kb < 20000 ORDER BY s.score DESC LIMIT 5"
title "What to try next"
cat <<TEXT
  build/lakehouse search $index "play chess against the computer" --url $url
  build/lakehouse sql "SELECT * FROM lake_datasets()" --url $url
  build/lakehouse ingest your.csv --dataset yours --url $url
  curl -s $url/openapi.json | less          every route
  make demo ROWS=all                        embed every package
  make stop DATA=$data
TEXT
