#!/usr/bin/env bash
# Every check that reads the code without running it. usage: tools/lint.sh [--fast]   (--fast: no clang-tidy)
set -uo pipefail
cd "$(dirname "$0")/.."
passed=0 failed=0
check() { # name command...
    local name=$1 out; shift
    if out=$("$@" 2>&1); then passed=$((passed + 1)); printf '  ok    %s\n' "$name"; else failed=$((failed + 1)); printf '  FAIL  %s\n%s\n' "$name" "$out" | head -60; fi
}
sources() { git ls-files 'src/*.c' 'src/*.h' 'tests/*.c' 'tests/*.h' 'fuzz/*.c' 'bench/*.c'; }
format_check() { sources | xargs clang-format-14 --dry-run -Werror; }
banned_check() { ! git grep -nE '\b(sprintf|strcpy|strcat|strtok|gets|atoi|atol|alloca|localtime|rand|srand)\(' -- 'src/*.c' 'src/*.h'; }
story_check() { local bad=0 f; while read -r f; do head -c 2 "$f" | grep -q '/\*' || { echo "$f does not open with its story"; bad=1; }; done < <(git ls-files 'src/*.c' 'src/*.h'); return $bad; }
host_check() { ! git grep -nIE '"resolved": *"http|--(index-url|registry)[= ]' -- . ':!tools/lint.sh'; }
tidy_check() {
    cmake --preset clang >/dev/null 2>&1 || return 1
    # Only what this machine compiles: another architecture's kernels are not in the list.
    python3 -c 'import json; [print(c["file"]) for c in json.load(open("build/clang/compile_commands.json")) if "/src/" in c["file"] and "/build/" not in c["file"]]' |
        xargs -P "$(nproc)" -n 4 clang-tidy-14 --quiet -p build/clang 2>/dev/null | grep -E 'error:|warning:' && return 1
    return 0
}
check "layers and quarantines" python3 tools/check_layers.py
check "docs: links lead somewhere" python3 tools/check_docs.py
check "routes: each has a test" python3 tools/check_routes.py
check "clang-format" format_check
check "banned functions" banned_check
check "every file opens with its story" story_check
check "no registry host is named" host_check
check "cppcheck" cppcheck --quiet --std=c11 --enable=warning,portability --suppress=preprocessorErrorDirective --inline-suppr --error-exitcode=1 -Isrc -j "$(nproc)" -DLAKEHOUSE_VERSION='"x"' \
    --library=tools/cppcheck-jansson.cfg src
[ "${1:-}" = --fast ] || check "clang-tidy" tidy_check
echo "lint: $passed passed, $failed failed"
[ $failed -eq 0 ]
