#!/usr/bin/env python3
"""Offer/answer/delete rounds a second that a real `postern up` carries out: sockets bound, SDP rewritten, everything released.
    POSTERN=build/release/postern tests/bench/ng_rounds.py [ROUNDS] [--core N]
--core N runs Postern on that processor alone. Says wall time, and Postern's own processor time a round."""
import argparse
import os
import pathlib
import socket
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "interop"))
import postern as p  # noqa: E402

WINDOW = 32  # rounds under way, as of a proxy with that many workers
OFFER = p.sdp(9, "TCP/TLS/MSRP", "msrps://127.0.0.1:9/ue-a;tcp",
              ["a=setup:active", "a=msrp-cema", "a=3ge2ae:requested", "a=fingerprint:sha-256 " + ":".join(["AB"] * 32)])
ANSWER = p.sdp(40000, "TCP/MSRP", "msrp://127.0.0.1:40000/ue-b;tcp", ["a=setup:passive", "a=msrp-cema"])


def commands(number):
    call = {"call-id": f"round-{number}", "from-tag": "a"}
    return [p.bencode({"command": "offer", **call, "direction": ["access", "core"], "sdp": OFFER}),
            p.bencode({"command": "answer", **call, "to-tag": "b", "sdp": ANSWER}),
            p.bencode({"command": "delete", **call})]


def processor_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def run(sock, rounds):
    under_way, started, ended = {}, 0, 0

    def send(number, step):
        sock.send(b"%d_%d " % (number, step) + under_way[number][step])

    while ended < rounds:
        while len(under_way) < WINDOW and started < rounds:
            under_way[started] = commands(started)
            send(started, 0)
            started += 1
        cookie, _, reply = sock.recv(65536).partition(b" ")
        assert b"6:result2:ok" in reply, reply
        number, step = map(int, cookie.split(b"_"))
        if step < 2:
            send(number, step + 1)
        else:
            del under_way[number]
            ended += 1


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("rounds", nargs="?", type=int, default=20000)
    arguments.add_argument("--core", type=int)
    given = arguments.parse_args()
    first = p.free_range(400)
    postern = p.Postern(access_ports=f"{first}-{first + 199}", core_ports=f"{first + 200}-{first + 399}")
    try:
        if given.core is not None:
            for thread in os.listdir(f"/proc/{postern.process.pid}/task"):
                os.sched_setaffinity(int(thread), {given.core})
        postern.ng_socket.settimeout(p.PATIENCE)
        postern.ng_socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        began, used = time.monotonic(), processor_seconds(postern.process.pid)
        run(postern.ng_socket, given.rounds)
        wall, used = time.monotonic() - began, processor_seconds(postern.process.pid) - used
        print(f"{given.rounds / wall:.0f} rounds/s; {used / given.rounds * 1e6:.0f} us of processor time a round, "
              f"{given.rounds / used:.0f} rounds a second of one core")
    finally:
        postern.stop()


if __name__ == "__main__":
    main()
