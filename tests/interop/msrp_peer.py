"""Model MSRP endpoints, one class for the three kinds of doc/interworking.md. They are strict: what a peer of their kind would
answer with 481, or would not understand, fails the test that waits on them."""
import re
import secrets
import select
import socket
import ssl
import threading
import time

import msrp_wire as wire
import postern as p


class Connection:
    """A connection and the ends that live on it: one, or several sessions of one UE (RFC 4975 5.4)."""

    def __init__(self, sock, end):
        self.ends, self.parser = [end], wire.Parser()
        self.local, self.remote = sock.getsockname()[:2], sock.getpeername()[:2]
        self.link = wire.Link(sock, self._on_octets, self._on_end)
        end.connection = self  # before anything can come
        self.link.start()

    def _on_octets(self, octets):
        try:
            for message in self.parser.feed(octets):
                self._of(message).on_message(message)
            for end in self.ends:
                end.on_piece()
        except AssertionError as error:
            self._on_end(f"a fault: {error}")
            self.link.open = False

    def _of(self, message):
        """The end that the message is for; one that is for nobody is refused as peers do, and fails the test."""
        for end in self.ends:
            if len(message.to_path) == 1 and end.accepts(message.to_path[0]):
                return end
        if not message.is_response:
            self.link.write(wire.frame(message.tid, "481 No such session", message.from_path[0], self.ends[0].uri))
        raise AssertionError(f"{[(end.kind, end.uri) for end in self.ends]} answers 481 to {message}")

    def _on_end(self, how):
        for end in self.ends:
            end.on_end(how)


class End:
    """An endpoint of one kind: `cema` connects to c= and m= and compares whole URIs, `plain` connects to the path and compares
    whole URIs, `sessmatch` connects to the path and compares session-ids. With a certificate its leg is TLS.

    `answer` maps a request to "200 OK" or the like, or None for no response; it is asked on the connection's thread."""

    def __init__(self, case, kind="plain", certificate=None, listens=True, host="127.0.0.1", path_host=None):
        self.case, self.kind, self.certificate = case, kind, certificate
        self.session = secrets.token_hex(10)
        self.listener = self.connection = None
        self.port = self.listen(host) if listens else 9
        self.address, self.scheme = host, "msrps" if certificate else "msrp"
        self.uri = f"{self.scheme}://{path_host or host}:{self.port}/{self.session};tcp"
        self.remote_uri, self.answer, self.tolerant = None, self.ok, False
        self.grew = threading.Condition()
        self.requests, self.responses, self.ended, self.sent, self.extra = [], {}, None, set(), []
        case.stack.callback(self.close)

    def listen(self, host):
        self.listener = socket.create_server((host, 0))
        self.listener.settimeout(p.PATIENCE)
        return self.listener.getsockname()[1]

    # --- SDP
    def sdp(self, setup, extra=(), path=None, types="text/plain"):
        attributes = [f"a=setup:{setup}"] if setup else []
        if self.kind == "cema":
            attributes.append("a=msrp-cema")
        if self.certificate:
            attributes.append(f"a=fingerprint:{self.certificate.fingerprint()}")
        text = p.sdp(self.port, "TCP/TLS/MSRP" if self.certificate else "TCP/MSRP", path or self.uri, [*attributes, *extra],
                     host=self.address)
        return text.replace("a=accept-types:text/plain", f"a=accept-types:{types}")

    def learn(self, text, gateway=None):
        """Reads the other side's SDP, as it was shown. `gateway`: the certificate that a TLS leg must name."""
        self.remote_uri, self.remote_setup = p.attribute(text, "path"), p.attribute(text, "setup")
        self.case.assertNotIn(" ", self.remote_uri, "a gateway's path is one URI")
        host, port, proto = p.media(text)
        _, path_host, path_port, _, _ = wire.uri_parts(self.remote_uri)
        self.target = (host, port) if self.kind == "cema" else (path_host.strip("[]"), int(path_port))
        # RFC 6714 4.3: c= and m= that are not the path's, and nobody says that this is meant.
        if self.kind == "cema" and (host, port) != (path_host, int(path_port)):
            self.case.assertEqual(p.attribute(text, "msrp-cema"), "", text)
        self.case.assertEqual(proto, "TCP/TLS/MSRP" if self.certificate else "TCP/MSRP")
        if self.certificate:
            self.gateway = gateway
            self.case.assertEqual(p.attribute(text, "fingerprint").lower(), gateway.fingerprint().lower())

    # --- connections
    def context(self, purpose):
        context = ssl.SSLContext(purpose)
        context.check_hostname = False
        context.load_cert_chain(self.certificate.cert, self.certificate.key)
        context.load_verify_locations(self.gateway.cert)
        context.verify_mode = ssl.CERT_REQUIRED
        return context

    def connect(self):
        sock = socket.create_connection(self.target, p.PATIENCE)
        if self.certificate:
            sock = self.context(ssl.PROTOCOL_TLS_CLIENT).wrap_socket(sock)
        Connection(sock, self)

    def accept(self):
        sock, _ = self.listener.accept()
        sock.settimeout(p.PATIENCE)
        if self.certificate:
            sock = self.context(ssl.PROTOCOL_TLS_SERVER).wrap_socket(sock, server_side=True)
        Connection(sock, self)

    def share(self, other):
        """Lives on the connection of another session of the same UE."""
        self.connection = other.connection
        self.connection.ends.append(self)

    def nothing_arrived(self):
        """That no connection was made to the listener up to now."""
        return not select.select([self.listener], [], [], 0)[0]

    def hang_up(self):
        """Closes the connection, so that another one may be made."""
        self.connection.link.close()
        self.connection = self.ended = None

    def close(self):
        if self.connection:
            self.connection.link.close()
        if self.listener:
            self.listener.close()

    # --- what comes
    def accepts(self, uri):
        theirs, ours = wire.uri_parts(uri), wire.uri_parts(self.uri)
        return theirs[3] == ours[3] if self.kind == "sessmatch" else theirs == ours

    def on_message(self, message):
        with self.grew:
            if not message.is_response:
                self.requests.append(message)
            elif message.tid in self.responses or message.tid not in self.sent:
                self.extra.append(message)
            else:
                self.responses[message.tid] = message
            self.grew.notify_all()
        if not message.is_response and message.word != "REPORT" and (word := self.answer(message)):
            self.respond(message, word)

    def on_piece(self):
        with self.grew:
            self.grew.notify_all()

    def on_end(self, how):
        with self.grew:
            self.ended = how
            self.grew.notify_all()

    @staticmethod
    def ok(request):
        """RFC 4975 7.2: success is only told where Failure-Report is yes."""
        return "200 OK" if (request.field("Failure-Report") or "yes") == "yes" else None

    def wait(self, condition, what):
        """Until `condition()` is something; that. A message that no peer would expect, or the connection's end, fails."""
        deadline = time.monotonic() + p.PATIENCE
        with self.grew:
            while (value := condition()) is None:
                if self.extra and not self.tolerant:
                    raise AssertionError(f"a response that nobody expects: {self.extra}")
                if self.ended:
                    raise AssertionError(f"the connection ended ({self.ended}) without {what}")
                if not self.grew.wait(max(0, deadline - time.monotonic())) and time.monotonic() > deadline:
                    raise AssertionError(f"{what} never came to {self.uri}; waiting: {self.requests[:3]}")
            return value

    def next(self):
        """The next request."""
        return self.wait(lambda: self.requests.pop(0) if self.requests else None, "a request")

    def response(self, tid):
        return self.wait(lambda: self.responses.get(tid), f"a response to {tid}")

    def part(self, count):
        """Until that many octets of a message that is not complete are there."""
        parser = self.connection.parser
        self.wait(lambda: len(parser.data) >= count or None, f"{count} octets of a message")

    def end(self):
        """How the connection ended: fin, reset, ..."""
        deadline = time.monotonic() + p.PATIENCE
        with self.grew:
            while not self.ended:
                if not self.grew.wait(max(0, deadline - time.monotonic())):
                    raise AssertionError("the connection never ended")
            return self.ended

    def message(self):
        """The next message that is complete, collected by its Message-ID: (all its frames, its body)."""
        frames = []
        while not frames or frames[-1].flag == "+":
            frames.append(self.next())
            self.case.assertEqual(frames[-1].field("Message-ID"), frames[0].field("Message-ID"))
        return frames, b"".join(frame.body or b"" for frame in frames)

    # --- what goes
    def write(self, octets):
        self.connection.link.write(octets)

    def request(self, word, lines=(), body=None, flag="$", tid=None, to=None, source=None):
        """Writes a request; its transaction id."""
        tid = tid or secrets.token_hex(8)
        with self.grew:
            self.sent.add(tid)
        self.write(wire.frame(tid, word, to or self.remote_uri, source or self.uri, lines, body, flag))
        return tid

    def send(self, body=None, *extra, message_id=None, kind="text/plain", flag="$", span=None, **more):
        """A SEND with the fields that a SEND has; `span` is its Byte-Range."""
        size = len(body or b"")
        lines = [f"Message-ID: {message_id or secrets.token_hex(8)}", *extra,
                 f"Byte-Range: {span or f'1-{size}/{size}'}"]
        if body is not None:
            lines.append(f"Content-Type: {kind}")
        return self.request("SEND", lines, body, flag, **more)

    def chunks(self, body, size, message_id, *extra):
        """The message in chunks of that size; the transaction ids."""
        total = len(body)
        return [self.send(body[at:at + size], *extra, message_id=message_id, flag="$" if at + size >= total else "+",
                          span=f"{at + 1}-{min(at + size, total)}/{total}") for at in range(0, total, size)]

    def respond(self, request, word):
        # RFC 4975 7.2: the response to a SEND goes to the previous hop, any other one all the way back.
        to = request.from_path[:1] if request.word == "SEND" else request.from_path
        self.write(wire.frame(request.tid, word, " ".join(to), self.uri))

    def report(self, request, span, status="000 200 OK"):
        """Tells the sender of that SEND; its lines."""
        lines = [f"Message-ID: {request.field('Message-ID')}", f"Byte-Range: {span}", f"Status: {status}"]
        self.request("REPORT", lines, to=" ".join(request.from_path))
        return lines


def wait_until(condition):
    deadline = time.monotonic() + p.PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it never came to it"
        select.select([], [], [], 0.005)


def answer_setup(offered):
    """RFC 6135 4.2.2: who can be reached leaves the connecting to the offerer."""
    return {"passive": "active"}.get(offered, "passive")


class Call:
    """One call between two ends through the gateway."""

    def __init__(self, case, postern, a, b, call_id=None):
        self.case, self.postern, self.a, self.b = case, postern, a, b
        self.id = call_id or secrets.token_hex(6)

    def offer(self, setup="actpass", direction=("access", "core"), sdp=None, **flags):
        self.offered = self.postern.ng("offer", call_id=self.id, from_tag="a", direction=list(direction),
                                       sdp=sdp or self.a.sdp(setup), **flags)
        self.case.assertEqual(self.offered["result"], "ok", self.offered)
        self.setup = setup
        return self

    def settle(self, setup=None, sdp=None):
        """The recipient reads the offer and answers; the offerer reads that."""
        self.b.learn(self.offered["sdp"], self.case.gateway_certificate)
        role = setup or answer_setup(self.b.remote_setup)
        self.answered = self.postern.ng("answer", call_id=self.id, from_tag="a", to_tag="b", sdp=sdp or self.b.sdp(role))
        self.case.assertEqual(self.answered["result"], "ok", self.answered)
        self.case.assertNotEqual(p.media(self.answered["sdp"])[1], 0, self.answered)
        self.a.learn(self.answered["sdp"], self.case.gateway_certificate)
        # Who connects: the answer that each end has given, or was given.
        self.active = {self.a: self.a.remote_setup == "passive", self.b: role == "active"}
        return self

    def connect(self):
        """Both connections, and the first SEND of each end that has connected (RFC 4975 5.4)."""
        connecting = [end for end in self.active if self.active[end]]
        for end in connecting:
            if not end.connection:
                end.connect()
            end.binding = end.send()
        for end in self.active:
            if not self.active[end]:
                end.accept()
        for end in connecting:
            other = self.b if end is self.a else self.a
            self.case.assertIsNone(other.next().body)
            self.case.assertEqual(end.response(end.binding).word, "200")
        return self

    def established(self, setup="actpass", answer=None, **flags):
        return self.offer(setup, **flags).settle(answer).connect()


class AwareCase(p.Case):
    """A test with ends, and a gateway whose certificate they know."""

    def setUp(self):
        super().setUp()
        self.gateway_certificate = self.certificate("gateway")

    def gateway(self, access="", core="", tls="", **more):
        """`access`, `core`: lines of those realms; `tls`: more of their tls tables."""
        tls = f'tls = {{ cert = "{self.gateway_certificate.cert}", key = "{self.gateway_certificate.key}" {tls} }}\n'
        return self.postern(access=tls + access, core=tls + core, **more)

    def end(self, kind="plain", tls=False, **more):
        return End(self, kind, self.certificate(secrets.token_hex(4)) if tls is True else tls or None, **more)

    def aware(self, postern, a=None, b=None, setup="actpass", answer=None, **flags):
        """A call that the gateway serves by rewriting: two plain ends, unless others are given."""
        a, b = a or self.end(), b or self.end()
        flags = {"msrp_mode": "aware", "msrp_peer": b.kind, "msrp_tls": "tls" if b.certificate else "tcp", **flags}
        call = Call(self, postern, a, b).established(setup, answer, **flags)
        self.assertEqual(call.answered["mode"], "aware", call.answered)
        return call

    def assert_forwarded(self, source, sink, octets, got):
        """That `got` is the message that `source` wrote, with nothing changed but the paths."""
        (sent,) = list(wire.Parser().feed(octets))
        self.assertEqual((got.tid, got.word, got.comment, got.lines, got.flag),
                         (sent.tid, sent.word, sent.comment, sent.lines, sent.flag))
        self.assertTrue(got.body == sent.body, f"the body of {got} is not that of {sent}")
        self.assertEqual((got.to_path, got.from_path), ([sink.uri], [sink.remote_uri]))

    def text(self, source, sink, body=b"hello"):
        """A SEND, its 200, octet for octet."""
        tid = source.send(body, message_id=(message_id := secrets.token_hex(6)))
        got = sink.next()
        self.assertEqual((got.tid, got.body, got.field("message-id")), (tid, body, message_id))
        self.assertEqual(source.response(tid).word, "200")

    def assert_both_ways(self, call):
        for source, sink in ((call.a, call.b), (call.b, call.a)):
            self.text(source, sink)
