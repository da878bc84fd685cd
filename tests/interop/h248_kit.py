"""What the H.248 tests share: Erlang programs on a wire of their own, our codec as a filter, tshark as the judge of messages."""
import contextlib
import functools
import os
import pathlib
import re
import select
import shutil
import socket
import struct
import subprocess
import tempfile
import time

import postern as p
from tshark_test import Capture

HERE = pathlib.Path(__file__).resolve().parent
MESSAGES = HERE.parent / "data/fuzz/h248"
PRINT = os.environ.get("POSTERN_H248_PRINT", "build/dev/tests/h248_print")


def samples():
    """Every sample message and every production of the grammar, by name."""
    files = sorted(each for each in MESSAGES.iterdir() if each.suffix in (".txt", ".seed"))
    return {each.name: each.read_bytes() for each in files}


# --- frames ----------------------------------------------------------------------------------------------------------
def frame(data):
    return struct.pack(">I", len(data)) + data


def frames(data):
    while data:
        size, = struct.unpack(">I", data[:4])
        yield data[4:4 + size]
        data = data[4 + size:]


def read_exactly(sock, size):
    data = b""
    while len(data) < size:
        piece = sock.recv(size - len(data))
        if not piece:
            raise EOFError(f"the stream ended after {len(data)} of {size} octets")
        data += piece
    return data


def read_frame(sock):
    return read_exactly(sock, *struct.unpack(">I", read_exactly(sock, 4)))


def until(condition, what):
    """Asks again and again until it holds; fails with `what` otherwise."""
    deadline = time.monotonic() + p.PATIENCE
    while not condition():
        assert time.monotonic() < deadline, what
        select.select([], [], [], 0.02)


# --- words -----------------------------------------------------------------------------------------------------------
def blocks(text, name):
    """The insides of each `name = word {...}` or `name {...}`, by matching braces: [(word, inside)]."""
    found = []
    for match in re.finditer(rf"\b{name}(?: = (\S+))?(?:(?= ?[,}}\n])| \{{)", text):
        depth, at = 1, match.end()
        if not match.group(0).endswith("{"):
            found.append((match.group(1), ""))
            continue
        while depth:
            depth += {"{": 1, "}": -1}.get(text[at], 0)
            at += 1
        found.append((match.group(1), text[match.end():at - 1]))
    return found


def accept(text, mid="[127.0.0.1]:1"):
    """A controller's answer to whatever a gateway asks: version 2 for ServiceChange, yes to Notify. In long tokens."""
    version = re.match(r"MEGACO/(\d)", text).group(1)
    (transaction, _), = blocks(text, "Transaction")
    replies = []
    for context, body in blocks(text, "Context"):
        commands = []
        for name, termination in re.findall(r"\b(ServiceChange|Notify) = (\S+)", body):
            profile = re.search(r"Profile = ([\w/]+)", body)
            services = "Services { Version = 2" + (f", Profile = {profile.group(1)}" if profile else "") + " }"
            commands.append(f"{name} = {termination}" + (f" {{ {services} }}" if name == "ServiceChange" else ""))
        replies.append(f"Context = {context} {{ {', '.join(commands)} }}")
    return f"MEGACO/{version} {mid} Reply = {transaction} {{ {', '.join(replies)} }}"


# --- our codec -------------------------------------------------------------------------------------------------------
def printed(form, messages, bare=False):
    """What our codec makes of each: (True, the message printed) or (False, why not)."""
    run = subprocess.run([PRINT, form, *["bare"] * bare], input=b"".join(frame(each) for each in messages),
                         capture_output=True, check=True, timeout=p.PATIENCE)
    results = [(each[:1] == b"+", each[1:]) for each in frames(run.stdout)]
    assert len(results) == len(messages)
    return results


def same(message):
    """A message in a form that is equal for what two programs write of it that do not agree on the case of names, on quotes where
    a value needs none and on the ends of SDP's lines: compact, as our codec prints it."""
    (good, text), = printed("compact", [message], bare=True)
    assert good, (text, message)
    blocks = re.split(rb"(\b[LR]\{(?:\\.|[^}\\])*\})", text)
    return b"".join(re.sub(rb"\s*\n\s*", b"\n", block) if at % 2 else
                    re.sub(rb'(?<=[=<>#,{\[])"([^\s"\[\]{}:,;#<>=]+)"', rb"\1", block.lower())
                    for at, block in enumerate(blocks))


# --- Erlang ----------------------------------------------------------------------------------------------------------
@functools.cache
def compiled():
    folder = tempfile.TemporaryDirectory(prefix="postern-erlang-")
    subprocess.run(["erlc", "-Werror", "-o", folder.name, *map(str, (HERE / "erlang").glob("*.erl"))], check=True)
    return folder  # goes when the process ends


class Erlang:
    """A module of tests/interop/erlang as a program, asked over a connection that it makes to us."""

    def __init__(self, module):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            listener.settimeout(p.PATIENCE)
            self.folder = tempfile.mkdtemp(prefix="postern-erl-")
            self.log = open(f"{self.folder}/log", "w+")
            environment = {**os.environ, "ERL_CRASH_DUMP_BYTES": "0", "HOME": self.folder}
            self.process = subprocess.Popen(["erl", "-noshell", "-noinput", "+sbwt", "none", "-pa", compiled().name, "-s",
                                             module, "start", str(listener.getsockname()[1])], env=environment, cwd=self.folder,
                                            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
            try:
                self.sock, _ = listener.accept()
            except OSError:
                self.process.kill()
                raise AssertionError(f"{module} did not start: {self.said()}") from None
        self.sock.settimeout(p.PATIENCE * 4)

    def said(self):
        self.log.seek(0)
        return self.log.read()

    def tell(self, words, data=b""):
        self.sock.sendall(frame(words.encode() + b"\n" + data))

    def ask(self, words, data=b""):
        self.tell(words, data)
        return read_frame(self.sock)

    def stop(self):
        """It ends when its connection does."""
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)  # a thread may be reading
        self.sock.close()
        try:
            self.process.wait(p.PATIENCE)
        finally:
            with contextlib.suppress(ProcessLookupError):
                self.process.kill()
            self.process.wait()
            self.log.close()
            shutil.rmtree(self.folder, ignore_errors=True)


# --- tshark ----------------------------------------------------------------------------------------------------------
# What tshark says of a message that it cannot follow.
COMPLAINTS = ("megaco.parse_error", "megaco.errored_command", "megaco.no_command", "megaco.no_descriptor",
              "megaco.audit.malformed", "megaco.signal_descriptor.empty", "megaco.change_reason.invalid",
              "megaco.error_code.invalid", "megaco.error_descriptor_transaction_list.invalid", "_ws.malformed")


def tshark(*arguments):
    return subprocess.run(["tshark", "-n", *arguments], capture_output=True, text=True, errors="replace", check=True,
                          timeout=p.PATIENCE * 2).stdout


def complaints(path, ports):
    """What tshark finds wrong in the H.248 messages of a capture on these ports, a line for each frame; and the number of frames
    that it took for H.248."""
    decode = [word for port in ports for word in ("-d", f"udp.port=={port},megaco", "-d", f"tcp.port=={port},megaco")]
    ours = " || ".join(f"{carrier}.port == {port}" for port in ports for carrier in ("udp", "tcp"))
    rows = tshark("-r", path, *decode, "-Y", f"megaco || (_ws.malformed && ({ours}))", "-T", "fields", "-e", "frame.number", "-e",
                  "megaco.version", *(word for field in COMPLAINTS for word in ("-e", field)), "-e", "_ws.expert.message")
    found = [row for row in rows.splitlines() if any(row.split("\t")[2:2 + len(COMPLAINTS)])]
    return found, len(rows.splitlines())


@contextlib.contextmanager
def watched(case, folder, *ports):
    """All H.248 on these ports, UDP and TCP, must please tshark, and there must be some."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as marker:
        marker.bind(("127.0.0.1", 0))
        capture = Capture(f"{folder}/h248.pcapng", " or ".join(f"port {port}" for port in (*ports, marker.getsockname()[1])))
        try:
            yield
            mark = os.urandom(16)
            marker.sendto(mark, marker.getsockname())
            capture.wait_for(mark)
        finally:
            capture.stop()
    found, messages = complaints(capture.path, ports)
    case.assertEqual(found, [])
    case.assertGreater(messages, 0)


def capture_of(messages, path, port=2944):
    """A capture file with each message in a datagram."""
    text = []
    for message in messages:
        text += [f"{at:06x} {message[at:at + 16].hex(' ')}" for at in range(0, len(message), 16)] + [""]
    pathlib.Path(path + ".txt").write_text("\n".join(text) + "\n")
    subprocess.run(["text2pcap", "-q", "-u", f"{port},{port}", path + ".txt", path], check=True, capture_output=True)
