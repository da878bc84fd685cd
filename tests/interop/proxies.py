"""Programs that we did not write, beside which Postern runs: Kamailio with the configuration we ship, and rtpengine."""
import contextlib
import os
import pathlib
import random
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

import postern as p
import sip

ROOT = pathlib.Path(__file__).resolve().parents[2]
os.environ["PATH"] += ":/usr/sbin"  # where daemons are; not everybody has it in PATH


def free_ports(count=1, host="127.0.0.1"):
    """Ports below the ephemeral range and below Postern's that nobody holds now, neither over UDP nor over TCP."""
    found = []
    while len(found) < count:
        port = random.randrange(10000, 20000)
        with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
            for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
                stack.enter_context(socket.socket(socket.AF_INET, kind)).bind((host, port))
            if port not in found:
                found.append(port)
    return found


class Daemon:
    """A foreground process with its log, in a session of its own."""

    def __init__(self, command):
        self.log_lines = []
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                                        errors="replace", start_new_session=True)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stderr:
            self.log_lines.append(line.rstrip("\n"))

    def wait_until(self, condition, what, patience=None):
        deadline = time.monotonic() + (patience or p.PATIENCE)
        while not condition():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"{self.process.args[0]}: not {what}:\n" + "\n".join(self.log_lines[-30:]))
            select.select([], [], [], 0.02)

    def wait_log(self, text):
        self.wait_until(lambda: any(text in line for line in self.log_lines), f"saying {text!r}")

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(10)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)  # children that are left
        self.process.wait(p.PATIENCE)
        self.reader.join(p.PATIENCE)
        self.process.stderr.close()


class Kamailio(Daemon):
    """Kamailio with deploy/kamailio/kamailio.cfg as it is; only its settings are given."""

    def __init__(self, ng_address, *settings, events_port=None, ng_timeout=2000):
        self.folder = tempfile.mkdtemp(prefix="postern-kamailio-")
        common = [f'POSTERN="1 == udp:{ng_address[0]}:{ng_address[1]}"', f'CTL_SOCKET="unixs:{self.folder}/ctl"',
                  "NG_DISABLED=1", f"NG_TIMEOUT={ng_timeout}", "NG_RETRIES=1", *settings]
        for attempt in range(3):  # somebody may take a port between our choice and Kamailio's bind
            self.port, other = free_ports(2)
            self.events_port = events_port or other
            self.address = ("127.0.0.1", self.port)
            super().__init__(self.command(common))
            try:
                return self.wait_until(self.answers, "answering", 10)
            except AssertionError as reason:
                Daemon.stop(self)
                print(f"Kamailio, try {attempt + 1}: {reason}", file=sys.stderr)
                if attempt == 2:
                    shutil.rmtree(self.folder, ignore_errors=True)
                    raise

    def command(self, settings):
        settings = [f"LISTEN_UDP=udp:127.0.0.1:{self.port}", f"LISTEN_TCP=tcp:127.0.0.1:{self.port}",
                    f"EVENTS_LISTEN=tcp:127.0.0.1:{self.events_port}", f"EVENTS_PORT={self.events_port}", *settings]
        return ["kamailio", "-f", str(ROOT / "deploy/kamailio/kamailio.cfg"), "-DD", "-E", "-m", "32", "-M", "4",
                "-w", self.folder, "-Y", self.folder, "-P", f"{self.folder}/pid",
                *(word for setting in settings for word in ("-A", setting))]

    def answers(self):
        ua = sip.Ua(self.address, "prober")
        try:
            ua.plain("OPTIONS", f"sip:127.0.0.1:{self.port}")
            return select.select([ua.sock], [], [], 0.1)[0]
        finally:
            ua.close()

    def stop(self):
        super().stop()
        shutil.rmtree(self.folder, ignore_errors=True)


class Rtpengine(Daemon):
    """rtpengine in userspace, with the realms' names as its interfaces."""

    def __init__(self):
        self.port = free_ports()[0]
        first = p.free_range(60)
        self.media_ports = range(first, first + 60)
        super().__init__(["rtpengine", "--foreground", "--log-stderr", "--table=-1", "--interface=access/127.0.0.1",
                          "--interface=core/127.0.0.1", f"--listen-ng=127.0.0.1:{self.port}", f"--port-min={first}",
                          f"--port-max={first + 59}", "--config-file=none", "--log-level=5", "--num-threads=2"])
        self.wait_until(self.answers, "answering")

    def answers(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ng:
            ng.connect(("127.0.0.1", self.port))
            ng.settimeout(0.1)
            try:
                ng.send(b"c1 d7:command4:pinge")
                return b"pong" in ng.recv(1024)
            except OSError:
                return False

class Tap:
    """Stands between a proxy and Postern's NG port and keeps what the proxy asked and what it was told."""

    def __init__(self, server):
        self.commands, self.server, self.clients = [], server, {}
        self.inner = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.outer = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.outer.bind(("127.0.0.1", 0))
        self.address = self.outer.getsockname()
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        asked = {}
        while not self.ended.is_set():
            for sock in select.select([self.inner, self.outer], [], [], 0.05)[0]:
                data, peer = sock.recvfrom(65536)
                cookie, _, rest = data.partition(b" ")
                if sock is self.outer:
                    asked[cookie] = (peer, p.bdecode(rest))
                    self.inner.sendto(data, self.server)
                elif cookie in asked:
                    peer, command = asked[cookie]
                    if command["command"] != "ping":
                        self.commands.append((command, p.bdecode(rest)))
                    self.outer.sendto(data, peer)

    def of(self, name):
        return [command for command, _ in self.commands if command["command"] == name]

    def wait_for(self, name):
        """Until the proxy has given that command; all of that name."""
        deadline = time.monotonic() + p.PATIENCE
        while not self.of(name):
            assert time.monotonic() < deadline, f"the proxy never sent {name}"
            select.select([], [], [], 0.01)
        return self.of(name)

    def close(self):
        self.ended.set()
        self.thread.join(p.PATIENCE)
        self.inner.close()
        self.outer.close()
