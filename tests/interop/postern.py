"""Drives the real binary from outside: starts `postern up` (or controller and gateway), speaks NG to it the way Kamailio
does, and plays UEs on raw sockets. Standard library only; every wait has a deadline, nothing sleeps."""
import contextlib
import hashlib
import json
import os
import pathlib
import select
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request

from bencode import bdecode, bencode
from processes import BINARY, PATIENCE, Process, free_range, release_range, wait_logs

CARRIER = os.environ.get("POSTERN_CARRIER", "direct")  # between controller and gateway: direct, udp or tcp


# --- certificates --------------------------------------------------------------------------------------------------
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
    """All of Postern: one process (carrier "direct"), or controller and gateway as two, which speak H.248 over "udp" or
    "tcp". Tests need not know: logs, metrics, descriptors and the end are those of all."""

    def __init__(self, config="", access="", core="", access_ports=None, core_ports=None, args=(), ng_port=0,
                 shards=2, carrier=CARRIER):
        self.folder, self.killed, self.processes, self.carrier = tempfile.mkdtemp(prefix="postern-test-"), False, [], carrier
        first = self.first_port = free_range(80)
        access_ports = access_ports or f"{first}-{first + 39}"
        core_ports = core_ports or f"{first + 40}-{first + 79}"
        self.access_ports, self.core_ports = access_ports, core_ports
        self.text = f"""
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
        if carrier == "direct":
            self._start("up", "", args)
        else:
            self._start("controller", f'[controller.h248]\nlisten = ["{carrier}:127.0.0.1:0"]\n', ())
            self.start_gateway(args)
        ready = self.control.ready
        host, _, port = ready["ng"].split(",")[0].removeprefix("udp:").rpartition(":")
        self.ng_address = (host, int(port))
        self.ng_socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.ng_socket.connect(self.ng_address)
        self.cookies = 0

    def _start(self, role, more, args):
        self.config_file = f"{self.folder}/{role}.toml"
        pathlib.Path(self.config_file).write_text(self.text + more)
        with open(f"{self.folder}/records", "a") as records:  # call detail records go to stdout
            process = Process(role, self.config_file, args, records)
        self.processes.append(process)
        return process

    def start_gateway(self, args=()):
        """A gateway process that is registered."""
        gateway = self._start("gateway", f"""[gateway.h248]
mgc = ["{self.control.ready["h248"].split(",")[0]}"]
bind = "127.0.0.1:0"
avalanche = 0
""", args)
        gateway.wait_log("event=h248_association state=registered")
        self.control.wait_log("event=gateway_ready")
        return gateway

    @property
    def control(self):
        """The process that NG and the calls' side of admin HTTP belong to."""
        return self.processes[0]

    @property
    def media(self):
        """The process that carries the media."""
        return self.processes[-1]

    @property
    def admin(self):
        return self.control.admin

    @property
    def process(self):
        return self.media.process

    @property
    def log_lines(self):
        return [line for process in self.processes for line in process.log_lines]

    def wait_log(self, text):
        return wait_logs(self.processes, text)

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

    def get(self, path, process=None, method="GET"):
        request = urllib.request.Request(f"http://{(process or self.control).admin}{path}", method=method)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def metric(self, name, **labels):
        """The sum of all samples of that name whose labels include these."""
        total = 0.0
        for process in self.processes:
            for line in self.get("/metrics", process)[1].splitlines():
                sample, _, value = line.rpartition(" ")
                base, _, rest = sample.partition("{")
                if base == name and all(f'{k}="{v}"' in rest for k, v in labels.items()):
                    total += float(value)
        return total

    def descriptors(self):
        return sum(len(os.listdir(f"/proc/{process.process.pid}/fd")) for process in self.processes)

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

    def signal(self, number):
        for process in self.processes:
            process.process.send_signal(number)

    def tidy(self):
        """At a test's end. Calls are ended before the processes are: over UDP a gateway would wait a second to say goodbye
        to a controller that went first."""
        if self.carrier == "udp":
            with contextlib.suppress(OSError):  # it has been killed, or is ending
                for call in json.loads(self.get("/v1/calls?limit=1000")[1])["calls"]:
                    self.get(f"/v1/calls/{urllib.parse.quote(call, safe='')}", method="DELETE")
        self.stop()

    def kill(self):
        """Ends it as a crash would. `stop` then only tidies up."""
        self.killed = True
        for process in self.processes:
            process.process.kill()
            process.process.wait(PATIENCE)

    def stop(self):
        """The controller first where it has calls, because it is who ends them. Otherwise the gateway: it says goodbye to
        its controller, and over UDP would wait a second for one that has gone."""
        try:
            calls = self.metric("postern_calls")
        except OSError:  # it has been killed, or is ending
            calls = 0
        order = self.processes if calls else self.processes[::-1]
        ends = [(process.role, *process.end()) for process in order]
        self.ng_socket.close()
        release_range(self.first_port)
        shutil.rmtree(self.folder, ignore_errors=True)
        for role, code, log in ends:
            assert "ERROR: AddressSanitizer" not in log and "runtime error:" not in log, log
            assert code == 0 or self.killed, f"{role}: exit {code}\n{log[-4000:]}"


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
        self.stack.callback(process.tidy)
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
