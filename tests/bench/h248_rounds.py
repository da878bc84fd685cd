#!/usr/bin/env python3
"""Add/Modify/Subtract rounds a second that a real `postern gateway` carries out, commanded over UDP: two terminations, sockets bound,
everything released; with --tls the access leg is TLS and has fingerprints.
    POSTERN=build/release/postern POSTERN_H248_PRINT=build/bench/tests/bench/h248_print tests/bench/h248_rounds.py [ROUNDS] [--core N] [--tls] [--window N]
--core N runs the gateway on that processor alone. Says wall time, and the gateway's own processor time a round."""
import argparse
import os
import pathlib
import re
import socket
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "interop"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import h248_raw as raw  # noqa: E402
import h248_roles as roles  # noqa: E402
import postern as p  # noqa: E402
from ng_rounds import processor_seconds  # noqa: E402

FINGERPRINT = "SHA-256 " + ":".join(["AB"] * 32)
LOCAL = "v=0\nc=IN IP4 $\nm=message $ {} -\na=setup:{}\n"
ACCESS = {False: LOCAL.format("TCP", "passive"), True: LOCAL.format("TCP/TLS", "passive") + "a=fingerprint:SHA-256 $\n"}
REMOTE = {False: "v=0\nc=IN IP4 127.0.0.1\nm=message 9 TCP -\n",
          True: f"v=0\nc=IN IP4 127.0.0.1\nm=message 9 TCP/TLS -\na=setup:active\na=fingerprint:{FINGERPRINT}\n"}


def commands(tls):
    """A round's transactions, as format strings of the context and of the core's termination."""
    escape = lambda text: text.replace("{", "{{").replace("}", "}}")  # noqa: E731
    add = (f'C=${{A=ip/1/access/${{M{{ST=1{{O{{MO=SR,ipdc/realm="access",gm/saf=OFF}},L{{{ACCESS[tls]}}},R{{{REMOTE[tls]}}}}}}},'
           f'E=77{{tcpbcc/BNCChange{{ST=1}},g/cause}},SG{{ipnapt/latch{{ST=1,napt=LATCH}}}}}},'
           f'A=ip/1/core/${{M{{ST=1{{O{{MO=SR,ipdc/realm="core"}},L{{{LOCAL.format("TCP", "active")}}}}}}},'
           f'E=78{{tcpbcc/BNCChange{{ST=1}},g/cause}}}}}}')
    modify = ('C={context}{{MF={core}{{M{{ST=1{{O{{MO=SR,ipdc/realm="core"}},'
              'R{{v=0\nc=IN IP4 127.0.0.1\nm=message 40000 TCP -\na=setup:passive\n}}}}}}}}}}')
    return escape(add), modify, "C={context}{{S=*}}"


REPLY = re.compile(rb"P=(\d+)\{(?:IA,)?C=(\d+)\{(?:A=[^{]*\{.*?\}\},)?(?:A=(ip/1/core/\d+))?", re.S)


def run(controller, steps, rounds, window):
    sock, under_way, started, ended = controller.sock, {}, 0, 0

    def send(number, step, context="", core=""):
        text = steps[step].format(context=context, core=core)
        controller.send(f"!/2 {controller.mid}\nT={number * 4 + step + 1}{{{text}}}".encode())
        under_way[number] = step

    while ended < rounds:
        while len(under_way) < window and started < rounds:
            send(started, 0)
            started += 1
        reply = sock.recv(65536)
        found = REPLY.search(reply)
        if not found or b"ER=" in reply:
            raise AssertionError(reply)
        number, step = divmod(int(found.group(1)) - 1, 4)
        if under_way.get(number) != step:
            continue  # a reply that came twice
        if step == 2:
            del under_way[number]
            ended += 1
        else:
            send(number, step + 1, found.group(2).decode(), (found.group(3) or b"").decode())


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("rounds", nargs="?", type=int, default=20000)
    arguments.add_argument("--core", type=int)
    arguments.add_argument("--tls", action="store_true")
    arguments.add_argument("--window", type=int, default=32, help="transactions in flight")
    given = arguments.parse_args()
    controller = raw.Controller()
    controller.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    gateway = roles.gateway(f"udp:127.0.0.1:{controller.port}", "127.0.0.1:0", ports=400)
    try:
        controller.wait_request("Method = Restart")
        gateway.wait_log("state=registered")
        if given.core is not None:
            for thread in os.listdir(f"/proc/{gateway.process.pid}/task"):
                os.sched_setaffinity(int(thread), {given.core})
        controller.sock.settimeout(p.PATIENCE)
        began, used = time.monotonic(), processor_seconds(gateway.process.pid)
        run(controller, commands(given.tls), given.rounds, given.window)
        wall, used = time.monotonic() - began, processor_seconds(gateway.process.pid) - used
        print(f"{given.rounds / wall:.0f} rounds/s; {used / given.rounds * 1e6:.0f} us of processor time a round, "
              f"{given.rounds / used:.0f} rounds a second of one core")
    finally:
        gateway.stop()
        controller.close()


if __name__ == "__main__":
    main()
