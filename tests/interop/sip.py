"""A small SIP user agent over UDP or TCP for the proxy tests: messages, a socket with deadlines, dialogs. It does
what the test says and nothing by itself; retransmissions are taken once. Standard library only."""
import os
import re
import select
import socket
import time

import postern as p

_numbers = iter(range(1, 1 << 30))


def token(prefix):
    return f"{prefix}{os.getpid():x}x{next(_numbers):x}"


def bound(host):
    """A UDP socket on a port of its own."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((host, 0))
    return sock


class Message:
    def __init__(self, data):
        head, _, self.body = data.decode(errors="surrogateescape").partition("\r\n\r\n")
        lines = re.sub(r"\r\n[ \t]+", " ", head).split("\r\n")
        self.start = lines[0]
        self.headers = [tuple(part.strip() for part in line.split(":", 1)) for line in lines[1:]]
        self.status = int(self.start.split()[1]) if self.start.startswith("SIP/2.0") else None
        self.method = self["CSeq"].split()[1] if self.status else self.start.split()[0]
        self.uri = None if self.status else self.start.split()[1]

    def all(self, name):
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def __getitem__(self, name):
        return next(iter(self.all(name)), "")

    def tag(self, name):
        found = re.search(r";\s*tag=([^;>\s]+)", self[name])
        return found.group(1) if found else ""

    def contact(self):
        return re.search(r"<([^>]+)>", self["Contact"]).group(1)

    def __repr__(self):
        return "\n".join([self.start, *(": ".join(h) for h in self.headers), "", self.body])


class Ua:
    """One user agent: a socket, an address of record, the proxy that everything goes through."""

    def __init__(self, proxy, user, domain="example.org", host="127.0.0.1", shown=None, tcp=False, sock=None):
        self.proxy, self.aor, self.tcp, self.stream = proxy, f"sip:{user}@{domain}", tcp, b""
        self.sock = sock or (socket.create_connection(proxy, p.PATIENCE, (host, 0)) if tcp else bound(host))
        host, self.port = self.sock.getsockname()
        self.address = shown or f"{host}:{self.port}"  # what Via and Contact say; another one than ours behind a NAT
        self.contact = f"sip:{user}@{self.address}" + (";transport=tcp" if tcp else "")
        self.inbox, self.seen, self.cseq = [], set(), 0

    def close(self):
        self.sock.close()

    # --- the wire ---
    def send(self, start, headers, body="", kind="application/sdp"):
        lines = [start, *(f"{key}: {value}" for key, value in headers)]
        if body:
            lines.append(f"Content-Type: {kind}")
        lines.append(f"Content-Length: {len(body.encode())}")
        data = ("\r\n".join(lines) + "\r\n\r\n" + body).encode()
        self.sock.sendall(data) if self.tcp else self.sock.sendto(data, self.proxy)

    def via(self, branch):
        return "Via", f"SIP/2.0/{'TCP' if self.tcp else 'UDP'} {self.address};branch={branch};rport"

    def wait(self, condition, what):
        """The first message that meets the condition, out of those not yet taken."""
        deadline = time.monotonic() + p.PATIENCE
        while True:
            for message in self.inbox:
                if condition(message):
                    self.inbox.remove(message)
                    return message
            if not select.select([self.sock], [], [], max(0, deadline - time.monotonic()))[0]:
                raise AssertionError(f"{self.aor}: no {what}; got:\n" + "\n".join(map(repr, self.inbox)))
            self.receive()

    def receive(self):
        data = self.sock.recv(65536)
        if not self.tcp:
            return self.take(data)
        self.stream += data
        while b"\r\n\r\n" in self.stream:
            head, _, rest = self.stream.partition(b"\r\n\r\n")
            size = int(re.search(rb"content-length:\s*(\d+)", head, re.I).group(1))
            if len(rest) < size:
                return
            self.take(head + b"\r\n\r\n" + rest[:size])
            self.stream = rest[size:]

    def take(self, data):
        if data not in self.seen and data.strip(b"\r\n\0"):  # a retransmission, a keep-alive
            self.seen.add(data)
            self.inbox.append(Message(data))

    def request(self, method, call_id=None):
        return self.wait(lambda m: not m.status and m.method == method and call_id in (None, m["Call-ID"]), method)

    def got_nothing(self, method):
        """No request of that method has come up to now."""
        while select.select([self.sock], [], [], 0)[0]:
            self.receive()
        return not any(m.method == method and not m.status for m in self.inbox)

    # --- out of a dialog ---
    def plain(self, method, uri, headers=(), body="", call_id=None, from_tag=None, to=None):
        """Sends a request outside of a dialog; its Call-ID, From tag, CSeq and Via branch."""
        self.cseq += 1
        call_id, from_tag, branch = call_id or token("call-"), from_tag or token("f"), token("z9hG4bK")
        self.send(f"{method} {uri} SIP/2.0", [
            self.via(branch), ("Max-Forwards", "70"),
            ("From", f"<{self.aor}>;tag={from_tag}"), ("To", f"<{to or uri}>"), ("Call-ID", call_id),
            ("CSeq", f"{self.cseq} {method}"), ("Contact", f"<{self.contact}>"), *headers], body)
        return call_id, from_tag, self.cseq, branch

    def response(self, call_id, cseq, final=True, method=None):
        return self.wait(lambda m: m.status and m["Call-ID"] == call_id and m["CSeq"].startswith(f"{cseq} ") and
                         (m.status >= 200 if final else m.status > 100) and method in (None, m.method),
                         f"response to {call_id} {cseq}")

    def ask(self, method, uri, headers=(), **more):
        call_id, _, cseq, _ = self.plain(method, uri, headers, **more)
        return self.response(call_id, cseq)

    def register(self, *headers, expires=600, call_id=None):
        return self.ask("REGISTER", "sip:" + self.aor.partition("@")[2], [*headers, ("Expires", expires)], to=self.aor,
                        call_id=call_id)

    def invite(self, uri, body="", headers=()):
        return Dialog.caller(self, uri, body, headers)

    def answer(self, request, status, body="", reason="Whatever", tag=None, headers=()):
        """A response to a request that was received."""
        to = request["To"] + (f";tag={tag}" if tag and not request.tag("To") else "")
        self.send(f"SIP/2.0 {status} {reason}", [
            *(("Via", via) for via in request.all("Via")), *(("Record-Route", r) for r in request.all("Record-Route")),
            ("From", request["From"]), ("To", to), ("Call-ID", request["Call-ID"]), ("CSeq", request["CSeq"]),
            ("Contact", f"<{self.contact}>"), *headers], body)

    def accept(self, request, body="", status=200):
        """Answers an INVITE; the dialog."""
        dialog = Dialog.callee(self, request)
        self.answer(request, status, body, tag=dialog.local_tag)
        return dialog


class Dialog:
    def __init__(self, ua, call_id):
        self.ua, self.call_id, self.routes, self.invited = ua, call_id, [], None

    @classmethod
    def caller(cls, ua, uri, body, headers):
        call_id, tag, cseq, branch = ua.plain("INVITE", uri, headers, body)
        dialog = cls(ua, call_id)
        dialog.local, dialog.remote, dialog.target = f"<{ua.aor}>;tag={tag}", f"<{uri}>", uri
        dialog.local_tag, dialog.invited = tag, (uri, cseq, branch)
        return dialog

    @classmethod
    def callee(cls, ua, request):
        dialog = cls(ua, request["Call-ID"])
        dialog.local_tag = token("t")
        dialog.local, dialog.remote = f"{request['To']};tag={dialog.local_tag}", request["From"]
        dialog.target, dialog.routes = request.contact(), request.all("Record-Route")
        return dialog

    def response(self, final=True):
        """The next response to our INVITE; it sets up the dialog."""
        message = self.ua.response(self.call_id, self.invited[1], final, "INVITE")
        if message.tag("To") and message["Contact"] and message.status < 300:
            self.remote, self.target = message["To"], message.contact()
            if not self.routes:
                self.routes = list(reversed(message.all("Record-Route")))
        return message

    def send(self, method, body="", headers=(), cseq=None, branch=None):
        if cseq is None:
            self.ua.cseq += 1
            cseq = self.ua.cseq
        branch = branch or token("z9hG4bK")
        self.ua.send(f"{method} {self.target} SIP/2.0", [
            self.ua.via(branch), ("Max-Forwards", "70"),
            *(("Route", route) for route in self.routes), ("From", self.local), ("To", self.remote),
            ("Call-ID", self.call_id), ("CSeq", f"{cseq} {method}"), ("Contact", f"<{self.ua.contact}>"), *headers],
            body)
        if method == "INVITE":
            self.invited = (self.target, cseq, branch)
        return cseq

    def ask(self, method, body="", headers=()):
        return self.ua.response(self.call_id, self.send(method, body, headers))

    def ack(self, body=""):
        self.send("ACK", body, cseq=self.invited[1])

    def ack_failure(self, response):
        """The ACK of a failure response: within the INVITE's transaction."""
        uri, cseq, branch = self.invited
        self.ua.send(f"ACK {uri} SIP/2.0", [
            self.ua.via(branch), ("Max-Forwards", "70"),
            ("From", self.local), ("To", response["To"]), ("Call-ID", self.call_id), ("CSeq", f"{cseq} ACK")])

    def cancel(self):
        uri, cseq, branch = self.invited
        self.ua.send(f"CANCEL {uri} SIP/2.0", [
            self.ua.via(branch), ("Max-Forwards", "70"),
            ("From", self.local), ("To", f"<{uri}>"), ("Call-ID", self.call_id), ("CSeq", f"{cseq} CANCEL")])

    def failure(self):
        """The final response, which must be a failure, acknowledged."""
        response = self.response()
        assert response.status >= 300, response
        self.ack_failure(response)
        return response

    def bye_comes(self):
        """Takes the BYE that must come, and answers it."""
        bye = self.ua.request("BYE", self.call_id)
        self.ua.answer(bye, 200)
        return bye
