"""Whose message it is: To-Path and the session (RFC 4975 5.4, 6.1), strangers, garbage, on a port of one session; the shared
port is in aware_shared_test.py."""
import secrets
import socket
import unittest

import msrp_peer as m
import msrp_wire as wire
import postern as p


class Stranger:
    """A raw connection to the gateway that keeps to nothing."""

    def __init__(self, case, address):
        self.sock = socket.create_connection(address, p.PATIENCE)
        self.parser = wire.Parser()
        case.stack.callback(self.sock.close)

    def ask(self, to, source, word="SEND", lines=("Message-ID: stranger1",), body=None):
        """Writes a request and reads what comes back."""
        tid = secrets.token_hex(8)
        self.sock.sendall(wire.frame(tid, word, to, source, lines, body))
        return tid, self.read()

    def read(self):
        """The next message, or how the connection ended."""
        while True:
            try:
                piece = self.sock.recv(65536)
            except ConnectionResetError:
                return "reset"
            if not piece:
                return "fin"
            for message in self.parser.feed(piece):
                return message


def other_session(uri):
    return uri.rsplit("/", 1)[0] + "/" + secrets.token_hex(10) + ";tcp"


def other_port(uri):
    scheme, host, _, session, transport = wire.uri_parts(uri)
    return f"{scheme}://{host}:1/{session};{transport}"


def other_host(uri):
    scheme, _, port, session, transport = wire.uri_parts(uri)
    return f"{scheme}://192.0.2.77:{port}/{session};{transport}"


def other_case(uri):
    """Session-ids are compared octet by octet."""
    session = wire.uri_parts(uri)[3]
    return uri.replace(session, session.swapcase() if session.swapcase() != session else session + "x")


class MatchingCase(m.AwareCase):
    def assert_no_session(self, source, to, lines=("Message-ID: wrong1",), body=None, word="SEND"):
        tid = source.request(word, lines, body, to=to)
        response = source.response(tid)
        # From-Path is what was asked for: nobody learns of a session by asking.
        self.assertEqual((response.word, response.to_path, response.from_path), ("481", [source.uri], [to.split(" ")[0]]))

    def counters(self, call, realm="access"):
        return p.terminations(call.postern.ng("query", call_id=call.id))[realm]


class Plain(MatchingCase):
    def test_what_is_not_for_the_session_is_answered_481_and_goes_nowhere(self):
        call = self.aware(self.gateway())
        for source, sink in ((call.a, call.b), (call.b, call.a)):
            for change in (other_session, other_port, other_host):
                self.assert_no_session(source, change(source.remote_uri))
                self.assert_no_session(source, change(source.remote_uri), ["Message-ID: w2", "Content-Type: a/b"],
                                       b"x" * 100_000)
            self.assert_no_session(source, source.remote_uri.replace("msrp:", "msrps:"))
            self.assert_no_session(source, source.remote_uri.replace(";tcp", ";ws"))
            self.assert_no_session(source, source.remote_uri.rsplit("/", 1)[0] + ";tcp")
            self.assert_no_session(source, source.remote_uri + " " + source.remote_uri)
            self.assert_no_session(source, sink.uri)
            self.assert_no_session(source, other_session(source.remote_uri), [], word="NICKNAME")
            self.assert_no_session(source, other_case(source.remote_uri))
            self.text(source, sink)
            self.assertEqual(sink.requests, [])
        self.assertGreater(self.counters(call)["unmatched"], 8)
        self.assertGreater(call.postern.metric("postern_refused_messages_total", realm="access", reason="no_session"), 8)

    def test_equal_uris_that_look_different_are_taken(self):
        """RFC 4975 6.1: scheme, host and transport without case, userinfo and parameters ignored."""
        call = self.aware(self.gateway())
        for source, sink in ((call.a, call.b), (call.b, call.a)):
            uri = source.remote_uri
            for to in (uri.replace("msrp", "MSRP"), uri.replace(";tcp", ";TCP"), uri.replace("//", "//me@"), uri + ";x=y"):
                tid = source.send(b"equal", to=to)
                self.assertEqual(sink.next().to_path, [sink.uri])
                self.assertEqual(source.response(tid).word, "200")

    def test_nothing_is_said_where_nothing_is_wanted(self):
        call = self.aware(self.gateway())
        for source, sink in ((call.a, call.b), (call.b, call.a)):
            wrong = other_session(source.remote_uri)
            silent = [source.send(b"x", "Failure-Report: no", to=wrong),
                      source.request("REPORT", ["Message-ID: r1", "Status: 000 200 OK"], to=wrong)]
            partial = source.send(b"x", "Failure-Report: partial", to=wrong)
            self.assertEqual(source.response(partial).word, "481")
            self.text(source, sink)
            self.assertFalse(set(silent) & set(source.responses))

    def test_a_second_connection_for_a_bound_session_is_answered_506(self):
        call = self.aware(self.gateway(), setup="active")
        for _ in range(2):
            stranger = Stranger(self, call.a.target)
            _, response = stranger.ask(call.a.remote_uri, "msrp://127.0.0.1:9/elsewhere;tcp", body=None)
            self.assertEqual((response.word, response.to_path), ("506", ["msrp://127.0.0.1:9/elsewhere;tcp"]))
        _, response = stranger.ask(other_session(call.a.remote_uri), "msrp://127.0.0.1:9/elsewhere;tcp")
        self.assertEqual(response.word, "481")
        self.assert_both_ways(call)

    def test_whoever_asks_for_another_session_first_does_not_become_the_peer(self):
        postern = self.gateway()
        a, b = self.end(listens=False), self.end()
        call = m.Call(self, postern, a, b).offer("active", msrp_mode="aware", msrp_peer="plain").settle("passive")
        stranger = Stranger(self, a.target)
        _, response = stranger.ask(other_session(a.remote_uri), "msrp://127.0.0.1:9/elsewhere;tcp")
        self.assertEqual(response.word, "481")
        call.connect()
        self.assert_both_ways(call)

    def test_garbage_ends_its_connection_and_nothing_else(self):
        postern = self.gateway()
        waiting = m.Call(self, postern, self.end(listens=False), self.end())
        waiting.offer("active", msrp_mode="aware", msrp_peer="plain").settle("passive")
        running, other = self.aware(postern, setup="active"), self.aware(postern, setup="active")
        for garbage in (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 9,
                        b"MSRP " + b"x" * 200_000, b"MSRP abcd1234 SEND\r\nMessage-ID: 1\r\n-------abcd1234$\r\n",
                        b"MSRP abcd1234 SEND\r\nTo-Path: msrp://x;tcp\r\n" + b"x: y\r\n" * 100_000):
            for call in (waiting, running):
                stranger = Stranger(self, call.a.target)
                try:
                    stranger.sock.sendall(garbage)
                except OSError:
                    continue  # it was closed before all of it was written
                self.assertIn(stranger.read(), ("fin", "reset"))
        waiting.connect()
        for call in (waiting, running, other):
            self.assert_both_ways(call)
        running.a.write(b"MSRP nonsense\r\n\r\n")
        self.assertIn(running.a.end(), ("fin", "reset"))
        self.assertIn(running.b.end(), ("fin", "reset"))
        for call in (waiting, other):
            self.assert_both_ways(call)


class SessionIds(MatchingCase):
    def test_only_sessmatch_peers_may_write_any_host(self):
        postern = self.gateway(access='profile = "gsma"')
        call = self.aware(postern, self.end("sessmatch"), self.end("plain"))
        for change in (other_host, other_port, lambda uri: uri.replace("msrp:", "msrps:")):
            tid = call.a.send(b"from anywhere", to=change(call.a.remote_uri))
            self.assertEqual(call.b.next().body, b"from anywhere")
            self.assertEqual(call.a.response(tid).word, "200")
            self.assert_no_session(call.b, change(call.b.remote_uri))
        self.assert_no_session(call.a, other_session(call.a.remote_uri))
        self.assert_both_ways(call)

    def test_a_sessmatch_recipient(self):
        call = self.aware(self.gateway(), self.end("plain"), self.end("sessmatch"))
        tid = call.b.send(b"from anywhere", to=other_host(call.b.remote_uri))
        self.assertEqual(call.a.next().body, b"from anywhere")
        self.assertEqual(call.b.response(tid).word, "200")
        self.assert_no_session(call.a, other_host(call.a.remote_uri))
        self.assert_no_session(call.b, other_session(call.b.remote_uri))


if __name__ == "__main__":
    unittest.main(verbosity=2)
