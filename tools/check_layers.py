#!/usr/bin/env python3
"""Check the include graph against tools/layers.txt: modules include downwards only,
third-party headers stay where they are quarantined, file names are unique, no circles."""
import collections
import fnmatch
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SRC = ROOT / "src"


def read_rules():
    allowed, quarantined = {}, {}
    for line in (ROOT / "tools/layers.txt").read_text().splitlines():
        line = line.split("#")[0].strip()
        if line:
            name, rest = line.split(":", 1)
            (quarantined if name.startswith("@") else allowed)[name.lstrip("@")] = rest.split()
    return allowed, quarantined


def header_circles(graph):
    """Every header that can reach itself."""
    found = []
    for start in graph:
        seen, todo = set(), list(graph[start])
        while todo:
            name = todo.pop()
            if name == start:
                found.append(f"{start}: includes itself through others")
                break
            if name not in seen:
                seen.add(name)
                todo.extend(graph.get(name, ()))
    return found


def main():
    allowed, quarantined = read_rules()
    problems, names, graph, edges = [], collections.defaultdict(list), {}, 0
    for path in sorted(SRC.rglob("*.[ch]")):
        inside = path.relative_to(SRC)
        module = inside.parts[0] if len(inside.parts) > 1 else None
        names[path.name].append(str(inside))
        if module and module not in allowed:
            problems.append(f"{inside}: module '{module}' is not in tools/layers.txt")
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            match = re.match(r'\s*#\s*include\s*([<"])([^>"]+)', line)
            if not match:
                continue
            where, target = f"src/{inside}", match[2]
            if match[1] == "<":
                for pattern, homes in quarantined.items():
                    if fnmatch.fnmatch(target, pattern) and not any(fnmatch.fnmatch(where, h) for h in homes):
                        problems.append(f"{where}:{number}: <{target}> belongs to {' '.join(homes)} only")
                continue
            owner = target.split("/")[0]
            edges += 1
            graph.setdefault(str(inside), []).append(target)
            if not (SRC / target).exists():
                problems.append(f"{where}:{number}: include \"{target}\" must be written from src/ and exist")
            elif module and owner != module and owner not in allowed[module]:
                problems.append(f"{where}:{number}: {module} may not include {owner}")
    problems += header_circles({k: v for k, v in graph.items() if k.endswith(".h")})
    problems += [f"{n}: the name is used twice: {', '.join(p)}" for n, p in names.items() if len(p) > 1]
    print("\n".join(problems) if problems else f"layers: {edges} includes, all point down, no circles")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
