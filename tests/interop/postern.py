"""Drives the real binary from outside: starts `postern up`, speaks NG to it the way Kamailio does, and plays UEs on raw
sockets. Standard library only; every wait has a deadline, nothing sleeps."""
import contextlib
import fcntl
import hashlib
import json
import os
import pathlib
import random
import select
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request

from bencode import bdecode, bencode

BINARY = os.environ.get("POSTERN", "build/dev/postern")
PATIENCE = float(os.environ.get("POSTERN_PATIENCE", "30"))  # seconds; sanitizers are slow


# --- ports, certificates -------------------------------------------------------------------------------------------
BLOCK = 40  # ports that are taken together
_locks = {}


def free_range(count):
    """The first of `count` neighbouring ports below the ephemeral range that nobody holds now. They stay this process' until
    release_range or its end: tests run side by side, and one captures all that passes on its range."""
    blocks = -(-count // BLOCK)
    folder = pathlib.Path(tempfile.gettempdir(), f"postern-test-ports-{os.getuid()}")
    folder.mkdir(exist_ok=True)
    for _ in range(500):
        first = random.randrange(20000, 32000 - blocks * BLOCK, BLOCK)
        with contextlib.ExitStack() as stack:
            try:
                for block in range(first, first + blocks * BLOCK, BLOCK):
                    lock = stack.enter_context(open(folder / str(block), "w"))
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                for port in range(first, first + count):
                    with socket.socket() as sock:
                        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # TIME_WAIT holds nobody up
                        sock.bind(("127.0.0.1", port))
            except OSError:
                continue
            _locks[first] = stack.pop_all()
            return first
    raise AssertionError("no free port range")


def release_range(first):
    if first in _locks:
        _locks.pop(first).close()


class Certificate:
    """A self-signed ECDSA P-256 certificate made by the openssl program."""

    def __init__(self, folder, name):
        self.cert, self.key = f"{folder}/{name}.crt", f"{folder}/{name}.key"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-keyout", self.key, "-out", self.cert, "-days", "2", "-subj", f"/CN={name}"],
                       check=True, capture_output=True)
        der = ssl.PEM_cert_to_DER_cert(pathlib.Path(self.cert).read_text())
        self.der = der

    def fingerprint(self, hash_func="sha-256"):
        digest = hashlib.new(hash_func.replace("-", ""), self.der).hexdigest().upper()
        return f"{hash_func} " + ":".join(digest[i:i + 2] for i in range(0, len(digest), 2))


# --- the process under test ----------------------------------------------------------------------------------------
class Postern:
    def __init__(self, config="", access="", core="", access_ports=None, core_ports=None, args=(), ng_port=0,
                 shards=2):
        self.folder = tempfile.mkdtemp(prefix="postern-test-")
        first = self.first_port = free_range(80)
        access_ports = access_ports or f"{first}-{first + 39}"
        core_ports = core_ports or f"{first + 40}-{first + 79}"
        self.access_ports, self.core_ports = access_ports, core_ports
        text = f"""
[ng]
listen = ["udp:127.0.0.1:{ng_port}"]
[admin]
listen = "127.0.0.1:0"
[[realm]]
name = "access"
address = "127.0.0.1"
ports = "{access_ports}"
{access}
[[realm]]
name = "core"
address = "127.0.0.1"
ports = "{core_ports}"
e2ae = "off"
{core}
[gateway]
shards = {shards}
{config}
"""
        path = f"{self.folder}/postern.toml"
        pathlib.Path(path).write_text(text)
        self.log_lines, self.log_grew, self.killed = [], threading.Condition(), False
        with open(f"{self.folder}/records", "w") as records:  # call detail records go to stdout
            self.process = subprocess.Popen([BINARY, "up", "--config", path, *args], stdout=records,
                                            stderr=subprocess.PIPE, text=True, errors="replace")
        self.reader = threading.Thread(target=self._read_log, daemon=True)
        self.reader.start()
        ready = self.wait_log("event=ready")
        fields = dict(part.split("=", 1) for part in ready.split() if "=" in part)
        host, _, port = fields["ng"].strip('"').split(",")[0].removeprefix("udp:").rpartition(":")
        self.ng_address = (host, int(port))
        self.admin = fields["admin"].strip('"')
        self.ng_socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.ng_socket.connect(self.ng_address)
        self.cookies = 0

    def _read_log(self):
        for line in self.process.stderr:
            with self.log_grew:
                self.log_lines.append(line.rstrip("\n"))
                self.log_grew.notify_all()
        with self.log_grew:
            self.log_lines.append("<end of log>")
            self.log_grew.notify_all()

    def wait_log(self, text):
        """The first log line that holds `text`, now or later."""
        deadline, seen = time.monotonic() + PATIENCE, 0
        with self.log_grew:
            while True:
                for line in self.log_lines[seen:]:
                    if text in line:
                        return line
                seen = len(self.log_lines)
                ended = self.log_lines and self.log_lines[-1] == "<end of log>"
                if ended or not self.log_grew.wait(max(0.0, deadline - time.monotonic())):
                    raise AssertionError(f"no {text!r} in the log:\n" + "\n".join(self.log_lines[-40:]))

    def raw_ng(self, payload):
        self.ng_socket.settimeout(PATIENCE)
        self.ng_socket.send(payload)
        return self.ng_socket.recv(65536)

    def ng(self, command, **keys):
        self.cookies += 1
        cookie = f"c{os.getpid()}_{self.cookies}"
        body = {"command": command, **{k.replace("_", "-"): v for k, v in keys.items()}}
        answer = self.raw_ng(cookie.encode() + b" " + bencode(body))
        got, _, rest = answer.partition(b" ")
        assert got.decode() == cookie, answer
        return bdecode(rest)

    def wait_query(self, call_id, condition):
        """Asks `query` until `condition(reply)` holds; the reply."""
        deadline = time.monotonic() + PATIENCE
        while True:
            reply = self.ng("query", call_id=call_id)
            if condition(reply):
                return reply
            if time.monotonic() > deadline:
                raise AssertionError(f"query never came to it: {json.dumps(reply, indent=1)}")
            select.select([], [], [], 0.01)

    def get(self, path):
        try:
            with urllib.request.urlopen(f"http://{self.admin}{path}", timeout=PATIENCE) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def metric(self, name, **labels):
        """The sum of all samples of that name whose labels include these."""
        total = 0.0
        for line in self.get("/metrics")[1].splitlines():
            sample, _, value = line.rpartition(" ")
            base, _, rest = sample.partition("{")
            if base == name and all(f'{k}="{v}"' in rest for k, v in labels.items()):
                total += float(value)
        return total

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def wait_descriptors(self, count):
        """Until no more than `count` are open: a connection of ours to the admin port closes a moment after its answer."""
        deadline = time.monotonic() + PATIENCE
        while self.descriptors() > count:
            assert time.monotonic() < deadline, f"{self.descriptors()} descriptors are open, {count} were expected"
            select.select([], [], [], 0.01)

    def wait_records(self, count):
        """The call detail records, once there are `count`: they are written a moment after the session's end."""
        deadline = time.monotonic() + PATIENCE
        while (text := pathlib.Path(f"{self.folder}/records").read_text()).count("\n") < count:
            assert time.monotonic() < deadline, f"{count} records were expected:\n{text}"
            select.select([], [], [], 0.01)
        return [json.loads(line) for line in text.splitlines()]

    def kill(self):
        """Ends it as a crash would. `stop` then only tidies up."""
        self.killed = True
        self.process.kill()
        self.process.wait(PATIENCE)

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(PATIENCE)
        self.reader.join(PATIENCE)
        self.process.stderr.close()
        self.ng_socket.close()
        release_range(self.first_port)
        shutil.rmtree(self.folder, ignore_errors=True)
        log = "\n".join(self.log_lines)
        assert "ERROR: AddressSanitizer" not in log and "runtime error:" not in log, log
        assert code == 0 or self.killed, f"exit {code}\n{log[-4000:]}"


# --- SDP -----------------------------------------------------------------------------------------------------------
def sdp(port, proto="TCP/MSRP", path="msrp://127.0.0.1:2855/s1;tcp", attributes=(), host="127.0.0.1"):
    lines = ["v=0", f"o=- 1 1 IN IP4 {host}", "s=-", f"c=IN IP4 {host}", "t=0 0", f"m=message {port} {proto} *",
             "a=accept-types:text/plain", f"a=path:{path}", *attributes]
    return "\r\n".join(lines) + "\r\n"


def attribute(text, name):
    """The value of the first a=NAME line: '' for a flag, None where there is none."""
    for line in text.splitlines():
        if line == f"a={name}":
            return ""
        if line.startswith(f"a={name}:"):
            return line.partition(":")[2]
    return None


def media(text):
    """(host, port, proto) of the first message section."""
    host = port = proto = None
    in_message = False
    for line in text.splitlines():
        if line.startswith("m="):
            in_message = line.startswith("m=message ")
            if in_message:
                _, port, proto, *_ = line[2:].split()
        elif line.startswith("c=") and (in_message or port is None):
            host = line.split()[-1]
    return host, int(port), proto


# --- raw MSRP ------------------------------------------------------------------------------------------------------
def send_frame(tid, to, source, body=b"", message_id="m1", extra=""):
    head = f"MSRP {tid} SEND\r\nTo-Path: {to}\r\nFrom-Path: {source}\r\nMessage-ID: {message_id}\r\n{extra}"
    if body:
        return (f"{head}Byte-Range: 1-{len(body)}/{len(body)}\r\nContent-Type: text/plain\r\n\r\n".encode() + body +
                f"\r\n-------{tid}$\r\n".encode())
    return f"{head}-------{tid}$\r\n".encode()


def response_frame(tid, to, source, code=200, comment="OK"):
    return f"MSRP {tid} {code} {comment}\r\nTo-Path: {to}\r\nFrom-Path: {source}\r\n-------{tid}$\r\n".encode()


class Peer:
    """A plain TCP endpoint with deadlines. `listen()` then `accept()`, or `connect()`."""

    def __init__(self):
        self.listener = self.sock = None

    def listen(self, host="127.0.0.1"):
        self.listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        self.listener.bind((host, 0))
        self.listener.listen(8)
        self.listener.settimeout(PATIENCE)
        return self.listener.getsockname()[1]

    def accept(self):
        self.sock, _ = self.listener.accept()
        self.sock.settimeout(PATIENCE)

    def connect(self, address):
        self.sock = socket.create_connection(address, PATIENCE)

    def read(self, size):
        data = b""
        while len(data) < size:
            piece = self.sock.recv(size - len(data))
            if not piece:
                raise AssertionError(f"the stream ended after {len(data)} of {size} octets: {data[-200:]!r}")
            data += piece
        return data

    def at_end(self):
        """True once the other side has sent FIN and nothing before it."""
        return self.sock.recv(1) == b""

    def nothing_arrived(self):
        """That no connection was made to the listener up to now."""
        return not select.select([self.listener], [], [], 0)[0]

    def close(self):
        for sock in (self.sock, self.listener):
            if sock:
                sock.close()


class Case(unittest.TestCase):
    """A test with one Postern and a folder of certificates; everything is closed at the end."""

    def setUp(self):
        self.stack = contextlib.ExitStack()
        self.addCleanup(self.stack.close)
        self.folder = tempfile.mkdtemp(prefix="postern-certs-")
        self.stack.callback(shutil.rmtree, self.folder, ignore_errors=True)

    def postern(self, **kwargs):
        process = Postern(**kwargs)
        self.stack.callback(process.stop)
        return process

    def peer(self):
        peer = Peer()
        self.stack.callback(peer.close)
        return peer

    def certificate(self, name):
        return Certificate(self.folder, name)

    def originating(self, postern, certificate=None, call_id="call-1", setup="active", answer=True, core_setup="passive",
                    fingerprint=None, offer_extra=()):
        """An e2ae call from a TLS UE (that connects) to a plain UE (that listens). Returns the call's facts."""
        callee = self.peer()
        callee_port = callee.listen()
        print_ = fingerprint or (certificate.fingerprint() if certificate else None)
        offer_attributes = [f"a=setup:{setup}", "a=msrp-cema", "a=3ge2ae:requested", *offer_extra]
        if print_:
            offer_attributes.append(f"a=fingerprint:{print_}")
        offered = postern.ng("offer", call_id=call_id, from_tag="a", direction=["access", "core"],
                             sdp=sdp(9, "TCP/TLS/MSRP", "msrps://127.0.0.1:9/ue-a;tcp", offer_attributes))
        self.assertEqual(offered["result"], "ok", offered)
        call = {"id": call_id, "callee": callee, "offered": offered, "port": callee_port,
                "a": "msrps://127.0.0.1:9/ue-a;tcp", "b": f"msrp://127.0.0.1:{callee_port}/ue-b;tcp"}
        if answer:
            self.answer(postern, call, core_setup)
        return call

    def answer(self, postern, call, setup="passive"):
        answered = postern.ng("answer", call_id=call["id"], from_tag="a", to_tag="b", direction=["access", "core"],
                              sdp=sdp(call["port"], "TCP/MSRP", call["b"], [f"a=setup:{setup}", "a=msrp-cema"]))
        self.assertEqual(answered["result"], "ok", answered)
        call["answered"] = answered
        call["host"], call["gateway_port"], call["proto"] = media(answered["sdp"])


def terminations(reply):
    """Every termination of a query reply, by realm."""
    return {t["realm"]: t for section in reply["sections"] for t in section["terminations"]}
