"""Erlang's megaco as the other end of H.248: a controller (MGC) or a gateway (MG) whose words Python chooses."""
import contextlib
import re
import threading
import time

import h248_kit as kit
import postern as p


class Megaco(kit.Erlang):
    """One end. `answer` makes the reply to each request, on a thread of its own. Whatever megaco does not understand of its
    peer's messages stands in `wrong`."""

    def __init__(self, role, carrier, form, port, remote=None, answer=kit.accept):
        super().__init__("megaco_peer")
        self.answer, self.requests, self.replies, self.wrong, self.gone = answer, [], {}, [], []
        self.taken, self.tags, self.changed, self.version = 0, 0, threading.Condition(), None
        scanner = "flex" if form == "compact" else "plain"
        self.tell(" ".join(map(str, ["open", role, carrier, form, scanner, port, *[remote] * bool(remote)])))
        assert kit.read_frame(self.sock) == b"opened\n", self.said()
        self.sock.settimeout(None)
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        with contextlib.suppress(EOFError, OSError):
            while True:
                words, _, text = kit.read_frame(self.sock).decode(errors="replace").partition("\n")
                kind, *rest = words.split()
                if kind == "request":
                    self.tell(f"answer {rest[0]}", self.answer(text).encode())
                    if "Method = Restart" in text or "Method = Disconnected" in text:
                        self.tell("version 2")
                with self.changed:
                    if kind == "request":
                        self.requests.append(text)
                    elif kind in ("reply", "failed"):
                        self.replies[rest[0]] = (kind, text)
                    else:
                        (self.gone if kind == "gone" else self.wrong).append(f"{kind}: {text}")
                    self.changed.notify_all()

    def _wait(self, condition, what):
        deadline = time.monotonic() + p.PATIENCE
        with self.changed:
            while (found := condition()) is None:
                if not self.changed.wait(max(0.0, deadline - time.monotonic())):
                    raise AssertionError(f"no {what}; requests: {self.requests[-3:]}, wrong: {self.wrong}, {self.said()}")
            return found

    def wait_request(self, pattern):
        """The next request of the peer that has the pattern; those before it count as seen."""
        def look():
            for at, text in enumerate(self.requests[self.taken:], self.taken):
                if re.search(pattern, text):
                    self.taken = at + 1
                    return text
            return None
        return self._wait(look, f"request with {pattern!r}")

    def ask(self, actions, version=2):
        """Sends one transaction of these actions; the reply's text, printed by megaco."""
        self.tags += 1
        tag = str(self.tags)
        self.tell(f"send {tag}", f"MEGACO/{version} [127.0.0.1]:1 Transaction = 1 {{ {actions} }}".encode())
        kind, text = self._wait(lambda: self.replies.get(tag), f"reply to {actions}")
        assert kind == "reply", f"{kind}: {text} to {actions}"
        return text


def terminations(reply):
    """The SDP of each termination of a reply: {id: text}; '' where there is none."""
    parts = re.split(r"\b(?:Add|Modify|Subtract|AuditValue|Move) = ([^\s,{}]+)", reply)
    found = {}
    for name, body in zip(parts[1::2], parts[2::2]):
        local = re.search(r"Local \{(.*?)\}", body, re.S)
        found[name] = local.group(1).strip() if local else ""
    return found


def error_of(reply):
    """(code, text) of the first error descriptor; None where there is none."""
    found = re.search(r'Error = (\d+) \{\s*(?:"([^"]*)")?\s*\}', reply)
    return (int(found.group(1)), found.group(2) or "") if found else None
