"""A controller without any machinery, on a UDP socket: for what no decent peer would send, and for speed."""
import re
import select
import socket
import time

import h248_kit as kit
import postern as p


class Controller:
    """Answers ServiceChange and Notify while it waits."""

    def __init__(self, host="127.0.0.1", port=0):
        self.sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind((host, port))
        self.port, self.gateway, self.last, self.requests = self.sock.getsockname()[1], None, 0, []
        self.mid, self.version, self.accept = f"[{host}]:{self.port}", 2, kit.accept

    def receive(self, deadline):
        """One message that is not a request; requests are answered on the way. None: the deadline has come."""
        while select.select([self.sock], [], [], max(0.0, deadline - time.monotonic()))[0]:
            data, peer = self.sock.recvfrom(65536)
            if not re.search(rb"\b(Transaction|T) ?= ?\d+ ?\{", data):
                return data.decode(errors="replace")
            text = kit.printed("pretty", [data])[0][1].decode(errors="replace")
            self.gateway = peer
            self.requests.append(text)
            self.sock.sendto(self.accept(text, self.mid).encode(), peer)
        return None

    def wait_request(self, pattern):
        deadline = time.monotonic() + p.PATIENCE
        while not (found := [text for text in self.requests if re.search(pattern, text)]):
            assert time.monotonic() < deadline, f"no request with {pattern!r}: {self.requests}"
            self.receive(min(deadline, time.monotonic() + 0.05))
        return found[0]

    def transaction(self, actions):
        self.last += 1
        return f"MEGACO/{self.version} {self.mid} Transaction = {self.last} {{ {actions} }}".encode()

    def send(self, data, gateway=None):
        self.sock.sendto(data, gateway or self.gateway)

    def ask(self, actions):
        """The reply's text. Nothing is lost on loopback, so nothing is sent twice."""
        self.send(self.transaction(actions))
        deadline = time.monotonic() + p.PATIENCE
        while text := self.receive(deadline):
            if re.search(rf"Reply = {self.last} \{{", text):
                return text
        raise AssertionError(f"no reply to {actions}")

    def close(self):
        self.sock.close()


PLAIN = "Media {{ Stream = 1 {{ LocalControl {{ Mode = SendReceive, ipdc/realm = \"{}\" }}, Local {{ v=0\nc=IN IP4 $\n" \
        "m=message $ TCP -\na=setup:{}\n }}{} }} }}"
REMOTE = ", Remote {{ v=0\nc=IN IP4 127.0.0.1\nm=message {} TCP -\n }}"


def add_two(port):
    """A call between two plain UEs: one connects to the gateway, the gateway connects to `port`."""
    return (f"Context = $ {{ Add = ip/1/access/$ {{ {PLAIN.format('access', 'passive', '')}, "
            f"Signals {{ ipnapt/latch {{ napt = LATCH }} }} }}, "
            f"Add = ip/1/core/$ {{ {PLAIN.format('core', 'active', REMOTE.format(port))} }} }}")
