#!/usr/bin/env python3
"""Checks the rooms' arrows: every #include of one room's header from another must be one that src/CMakeLists.txt
names as a DEPS of that room, and each foreign library is included only in the room that owns it."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SRC = ROOT / "src"
# One room a foreign library: to replace one, open one door.
OWNERS = {
    r"openssl/": {"crypto"},
    r"boost/(asio|beast)": {"net"},
    r"boost/json": {"ng"},
    r"toml\+\+/": {"app"},
    r"CLI/": {"app", "ue"},
}
# A test may prove our TLS against raw OpenSSL wherever it stands; it may use rooms that its room's library may not.
rooms, folders = {}, {}
for line in (SRC / "CMakeLists.txt").read_text().splitlines():
    match = re.match(r"room\((\w+) DIR (\S+?)\)?(?: (.*)\))?$", line)
    if not match:
        continue
    name, folder, rest = match.group(1), match.group(2), match.group(3) or ""
    deps = re.search(r"DEPS ((?:[a-z]\w* ?)+)", rest)
    rooms[name] = set(deps.group(1).split()) if deps else set()
    folders[folder] = name


def room_of(path):
    """The room that a path below src/ belongs to: the longest folder that fits."""
    best = max((f for f in folders if path.startswith(f + "/")), key=len, default=None)
    return folders[best] if best else None


errors = []
for file in sorted(SRC.rglob("*.[ch]pp")):
    relative = file.relative_to(SRC).as_posix()
    room = room_of(relative)
    if room is None:
        errors.append(f"src/{relative}: is in no room of src/CMakeLists.txt")
        continue
    test = relative.endswith("_test.cpp")
    for number, line in enumerate(file.read_text().splitlines(), 1):
        include = re.match(r'\s*#\s*include\s*[<"]([^>"]+)[>"]', line)
        if not include:
            continue
        target = include.group(1)
        where = f"src/{relative}:{number}"
        if target.startswith("tests/") and not test:
            errors.append(f"{where}: nothing but tests may include {target}")
        other = room_of(target)
        if other and other != room and other not in rooms[room]:
            errors.append(f"{where}: room {room} must not include {target} (room {other})")
        for pattern, owners in OWNERS.items():
            if re.match(pattern, target) and room not in owners and not test:
                errors.append(f"{where}: <{target}> belongs to room {', '.join(sorted(owners))}, not {room}")

if not rooms:
    errors.append("src/CMakeLists.txt: no rooms found")
print("\n".join(errors) if errors else f"arrows: {len(rooms)} rooms hold")
sys.exit(1 if errors else 0)
