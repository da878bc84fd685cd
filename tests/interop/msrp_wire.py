"""MSRP as octets, for peers that are strict: frames out, frames in (whole: these are tests), URIs compared as RFC 4975 6.1
says, and the connection that they pass."""
import collections
import re
import select
import socket
import ssl
import threading


def frame(tid, word, to, source, lines=(), body=None, flag="$"):
    """One message. `word` is the method, or the status code and its comment; `lines` are the fields behind From-Path."""
    head = "\r\n".join([f"MSRP {tid} {word}", f"To-Path: {to}", f"From-Path: {source}", *lines]).encode() + b"\r\n"
    if body is not None:
        head += b"\r\n" + body + b"\r\n"
    return head + f"-------{tid}{flag}\r\n".encode()


class Frame:
    """A message as it came. A start or a path line that a strict peer would not take is an AssertionError."""

    def __init__(self, head, body, flag):
        lines = head.decode("utf-8", "surrogateescape").split("\r\n")
        start = re.fullmatch(r"MSRP (\S+) ([A-Z]+|\d{3}) ?(.*)", lines[0])
        assert start, f"a bad start line: {lines[0]!r}"
        self.tid, self.word, self.comment = start.groups()
        self.body, self.flag = body, flag
        self.is_response = self.word.isdigit()
        # Kamailio chokes on anything else (hazards H1 and H13).
        assert len(lines) > 2 and re.match(r"To-Path: \S", lines[1]) and re.match(r"From-Path: \S", lines[2]), lines
        assert not self.is_response or self.comment, f"a response without a comment: {lines[0]!r}"
        assert self.is_response or not self.comment, f"a bad start line: {lines[0]!r}"
        self.to_path, self.from_path = lines[1][9:].split(" "), lines[2][11:].split(" ")
        self.lines = lines[3:]

    def field(self, name):
        for line in self.lines:
            if line.lower().startswith(name.lower() + ":"):
                return line[len(name) + 1:].strip()
        return None

    @property
    def range(self):
        """(start, end, total) of Byte-Range; None for `*`."""
        return tuple(None if part == "*" else int(part) for part in re.split("[-/]", self.field("Byte-Range")))

    def __repr__(self):
        body = self.body if self.body is None or len(self.body) < 200 else f"{len(self.body)} octets"
        return (f"<{self.word} {self.tid} {self.comment} to {self.to_path} from {self.from_path} {self.lines} {body} "
                f"{self.flag}>")


class Parser:
    """Collects whole messages from a stream."""

    def __init__(self):
        self.data, self.scanned, self.head, self.octets = bytearray(), 0, None, 0

    def feed(self, octets):
        self.data += octets
        self.octets += len(octets)
        while (message := self._take()) is not None:
            yield message

    def _take(self):
        if self.head is None and not self._take_head():
            return None
        if self.mark is None:  # a head without a body has ended with its end-line
            head, self.head = self.head, None
            return Frame(head, None, self.flag)
        while (at := self.data.find(self.mark, self.scanned)) >= 0:
            tail = bytes(self.data[at + len(self.mark):at + len(self.mark) + 3])
            if len(tail) < 3:
                self.scanned = at
                return None
            if tail[:1] in b"+$#" and tail[1:] == b"\r\n":
                message = Frame(self.head, bytes(self.data[:at]), chr(tail[0]))
                self._drop(at + len(self.mark) + 3)
                self.head = None
                return message
            self.scanned = at + 1
        self.scanned = max(0, len(self.data) - len(self.mark))
        return None

    def _take_head(self):
        first = self.data.find(b"\r\n")
        if first < 0:
            assert b"MSRP ".startswith(self.data[:5]), f"not MSRP: {bytes(self.data[:60])!r}"
            return False
        words = self.data[:first].split(b" ")
        assert words[0] == b"MSRP" and len(words) > 2, f"not MSRP: {bytes(self.data[:60])!r}"
        mark = b"\r\n-------" + bytes(words[1])
        blank, end = self.data.find(b"\r\n\r\n"), self.data.find(mark)
        if blank >= 0 and (end < 0 or blank < end):
            self.head, self.mark = bytes(self.data[:blank]), mark
            self._drop(blank + 4)
            return True
        tail = bytes(self.data[end + len(mark):end + len(mark) + 3])
        if end < 0 or len(tail) < 3:
            return False
        assert tail[:1] in b"+$#" and tail[1:] == b"\r\n", f"a bad end-line: {bytes(self.data[end:end + 80])!r}"
        self.head, self.mark, self.flag = bytes(self.data[:end]), None, chr(tail[0])
        self._drop(end + len(mark) + 3)
        return True

    def _drop(self, count):
        del self.data[:count]
        self.scanned = 0


def uri_parts(uri):
    """What of a URI is compared: scheme, host, port, session-id, transport (RFC 4975 6.1)."""
    match = re.fullmatch(r"(msrps?)://(?:[^@/]*@)?(\[[^\]]+\]|[^:/;\[]+)(?::(\d+))?(?:/([^;]*))?;(\w+)(?:;.*)?", uri, re.I)
    assert match, f"not an MSRP URI: {uri!r}"
    scheme, host, port, session, transport = match.groups()
    return scheme.lower(), host.lower(), port, session, transport.lower()


class Link:
    """One connection, TCP or TLS, moved by one thread (an SSL object belongs to one). `on_octets` and `on_end` run on it."""

    def __init__(self, sock, on_octets, on_end):
        self.sock, self.on_octets, self.on_end = sock, on_octets, on_end
        self.reading = self.open = True
        self.draining = False
        self.outbox, self.written = collections.deque(), 0
        self.bell, self.ring = socket.socketpair()
        self.ring.setblocking(False)  # a full one wakes the thread as well
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setblocking(False)
        self.thread = threading.Thread(target=self._run, daemon=True)

    def start(self):
        self.thread.start()

    def write(self, octets):
        self.outbox.append(memoryview(octets))
        self._wake()

    def stop_reading(self):
        self.reading = False
        self._wake()

    def go_on_reading(self):
        self.reading = True
        self._wake()

    def finish(self):
        """Ends our direction once all is written."""
        self.draining = True
        self._wake()

    def close(self):
        self.open = False
        self._wake()
        self.thread.join(30)
        for sock in (self.sock, self.bell, self.ring):
            sock.close()

    def _wake(self):
        if threading.current_thread() is not self.thread:
            try:
                self.ring.send(b"x")
            except OSError:
                pass

    def _run(self):
        try:
            while self.open and self._turn():
                pass
        except ssl.SSLError as error:
            self.on_end(f"tls: {error.reason}")
        except OSError as error:
            self.on_end("reset" if isinstance(error, ConnectionResetError) else str(error))

    def _turn(self):
        pending = self.reading and getattr(self.sock, "pending", lambda: 0)()
        poll = select.poll()
        poll.register(self.bell, select.POLLIN)
        poll.register(self.sock, (select.POLLIN if self.reading else 0) | (select.POLLOUT if self.outbox else 0))
        events = dict(poll.poll(0 if pending else None))
        if self.bell.fileno() in events:
            self.bell.recv(4096)
        ready = events.get(self.sock.fileno(), 0)
        if self.outbox and ready & (select.POLLOUT | select.POLLERR):
            self._send()
        if self.draining and not self.outbox:
            self.draining = False
            self.sock.shutdown(socket.SHUT_WR)
        return not (self.reading and (pending or ready & (select.POLLIN | select.POLLHUP | select.POLLERR))) or self._receive()

    def _send(self):
        try:
            sent = self.sock.send(self.outbox[0][:1 << 18])
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return
        self.written += sent
        rest = self.outbox.popleft()[sent:]
        if rest:
            self.outbox.appendleft(rest)

    def _receive(self):
        try:
            piece = self.sock.recv(1 << 18)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return True
        if not piece:
            self.on_end("fin")
            return False
        self.on_octets(piece)
        return True
