#!/usr/bin/env bash
# Stop the server of a data directory, letting it finish what it is doing. usage: demo/stop.sh DIR
set -euo pipefail
pidfile=$1/server.pid
if ! [ -f "$pidfile" ] || ! kill -0 "$(cat "$pidfile")" 2>/dev/null; then
    echo "no server of $1 is running"
    rm -f "$pidfile"
    exit 0
fi
pid=$(cat "$pidfile")
kill -TERM "$pid"
for _ in $(seq 600); do
    kill -0 "$pid" 2>/dev/null || { rm -f "$pidfile" "$1/ready"; echo "stopped"; exit 0; }
    sleep 0.1
done
echo "the server (process $pid) has not stopped within 60 s" >&2
exit 1
