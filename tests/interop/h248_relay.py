"""What a gateway of another make would do, in the plainest way: answers a controller's transactions and relays plain TCP."""
import contextlib
import re
import select
import socket
import threading

import postern as p
from h248_kit import blocks

PACKAGES = ("g-2", "root-2", "nt-1", "ipdc-1", "gm-1", "tman-1", "ds-1", "ipnapt-1", "hangterm-1", "adid-1", "it-1", "tcpbcc-1")


class Termination:
    """One leg: listens always, connects when it is told where to."""

    def __init__(self, name, body):
        self.name, self.remote, self.sock, self.octets = name, None, None, [0, 0]
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.request = "0"
        self.configure(body)

    def configure(self, body):
        for _, events in blocks(body, "Events"):
            self.request = re.search(r"Events = (\d+)", body).group(1)
            self.events = events
        for _, local in blocks(body, "Local"):
            self.local = local.strip()
        for _, remote in blocks(body, "Remote"):
            host, port, _ = p.media(remote)
            self.remote = (host, port) if port != 9 else None

    def active(self):
        return p.attribute(self.local, "setup") == "active"

    def answer(self):
        """Local as it is, with address and port for each $."""
        sdp = re.sub(r"(m=\S+) \$", rf"\1 {self.port}", self.local).replace("IP4 $", "IP4 127.0.0.1")
        return f"Media {{ Stream = 1 {{ Local {{ {sdp}\n }} }} }}"

    def statistics(self):
        return f"Statistics {{ nt/or = {self.octets[0]}, nt/os = {self.octets[1]}, nt/dur = 1000 }}"

    def close(self):
        for sock in (self.sock, self.listener):
            if sock:
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)
                sock.close()


class Gateway:
    """The words of an MG: give `answer` to h248_megaco.Megaco, and that to `megaco` for what it says on its own."""

    def __init__(self, left_over=()):
        self.contexts, self.last, self.left_over, self.refuse = {}, 0, list(left_over), None
        self.megaco = None

    def answer(self, text):
        version = re.match(r"MEGACO/(\d)", text).group(1)
        return f"MEGACO/{version} x Reply = 1 {{ {', '.join(self.action(*each) for each in blocks(text, 'Context'))} }}"

    def action(self, context, body):
        commands = re.findall(r"^\t\t(?:[OW]-)*(\w+) = (\S+)(?: \{(.*?)^\t\t\})?", body, re.M | re.S)
        if context == "*":
            return self.all_contexts(commands)
        known = self.contexts.setdefault(context, {}) if context in self.contexts else {}
        replies = []
        for name, termination, rest in commands:
            if name == "Add" and context == "$":
                self.last += 1
                context = str(self.last)
                known = self.contexts[context] = {}
            replies.append(self.command(context, known, name, termination, rest))
            if "Error" in replies[-1]:
                break
        if not known:
            self.contexts.pop(context, None)
        return f"Context = {context} {{ {', '.join(replies)} }}"

    def all_contexts(self, commands):
        (name, _, _), *_ = commands
        if not self.left_over:
            return f'Context = * {{ {name} = * {{ Error = 431 {{ "none" }} }} }}'
        return ", ".join(f"Context = {context} {{ {name} = {termination} }}" for context, termination in self.left_over)

    def command(self, context, known, name, termination, rest):
        if termination.lower() == "root":
            return f"{name} = ROOT" + (f" {{ Packages {{ {', '.join(PACKAGES)} }} }}" if "Packages" in rest else "")
        if name == "Add":
            if self.refuse:
                return f"Add = {termination} {{ Error = {self.refuse} }}"
            self.last += 1
            made = Termination(termination.replace("$", str(self.last)), rest)
            known[made.name] = made
            threading.Thread(target=self.relay, args=(context, made), daemon=True).start()
            return f"Add = {made.name} {{ {made.answer()} }}"
        if name == "Subtract" and (context, termination) in self.left_over or termination == "*" and any(
                context == each for each, _ in self.left_over):
            self.left_over = [each for each in self.left_over if each[0] != context]
            return f"Subtract = {termination}"
        chosen = list(known.values()) if termination == "*" else [known[termination]] if termination in known else []
        if not chosen:
            return f'{name} = {termination} {{ Error = 430 {{ "unknown" }} }}'
        return ", ".join(self.one(known, name, each, rest) for each in chosen)

    def one(self, known, name, termination, rest):
        if name == "Subtract":
            del known[termination.name]
            termination.close()
            return f"Subtract = {termination.name} {{ {termination.statistics()} }}"
        if name == "Modify":
            termination.configure(rest)
        return f"{name} = {termination.name}" + (f" {{ {termination.statistics()} }}" if name == "AuditValue" else "")

    # --- media ---------------------------------------------------------------------------------------------------
    def relay(self, context, termination):
        """Waits for a peer, connects to the other termination's, and tells the controller of both."""
        with contextlib.suppress(OSError):
            termination.sock, _ = termination.listener.accept()
            other, = (each for each in self.contexts[context].values() if each is not termination)
            other.sock = socket.create_connection(other.remote, p.PATIENCE)
            for each in (termination, other):
                self.notify(context, each, "Est")
            threading.Thread(target=self.pump, args=(other, termination), daemon=True).start()
            self.pump(termination, other)

    def pump(self, source, sink):
        with contextlib.suppress(OSError, ValueError):  # the socket has been closed
            while select.select([source.sock], [], [], p.PATIENCE)[0] and (data := source.sock.recv(65536)):
                source.octets[0] += len(data)
                sink.octets[1] += len(data)
                sink.sock.sendall(data)
            sink.sock.shutdown(socket.SHUT_WR)

    def notify(self, context, termination, kind):
        if "tcpbcc/bncchange" in termination.events.lower():
            self.megaco.ask(f"Context = {context} {{ Notify = {termination.name} {{ ObservedEvents = {termination.request} {{ "
                            f"20261123T12000000:tcpbcc/BNCChange {{ Stream = 1, Type = {kind} }} }} }} }}")

    def close(self):
        for known in self.contexts.values():
            for each in known.values():
                each.close()
