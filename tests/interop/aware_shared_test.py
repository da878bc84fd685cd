"""One advertised port for all application-aware sessions of a realm: a connection finds its session by To-Path, several
sessions of one UE live on one connection (RFC 4975 5.4) and share it fairly, and a certificate opens its own sessions only."""
import os
import secrets
import ssl
import unittest

import msrp_peer as m
import msrp_wire as wire
import postern as p
from aware_matching_test import MatchingCase, Stranger, other_session

MEGABYTE = 1 << 20


class SharedCase(MatchingCase):
    def setUp(self):
        super().setUp()
        self.port = p.free_range(1)
        self.addCleanup(p.release_range, self.port)
        self.shared = self.gateway(access=f"port = {self.port}\n")

    def text(self, source, sink, body=b"hello"):
        """The gateway may mint transaction ids where sessions may share a connection."""
        tid = source.send(body, message_id=(message_id := secrets.token_hex(6)))
        got = sink.next()
        self.assertEqual((got.body, got.field("message-id"), got.to_path, got.from_path),
                         (body, message_id, [sink.uri], [sink.remote_uri]))
        self.assertEqual(source.response(tid).word, "200")

    def ready(self, certificate=None, setup="active"):
        """A call whose offerer may connect, to the shared port."""
        a, b = self.end(tls=certificate, listens=False), self.end()
        call = m.Call(self, self.shared, a, b)
        call.offer(setup, msrp_mode="aware", msrp_peer="plain", msrp_tls="tcp").settle("passive")
        self.assertEqual(call.answered["mode"], "aware")
        self.assertEqual(a.target[1], self.port, call.answered["sdp"])
        self.assertEqual(p.media(call.answered["sdp"])[1], self.port)
        return call

    def several(self, count, certificate=None):
        """Calls of one UE, all on its one connection."""
        calls = [self.ready(certificate) for _ in range(count)]
        calls[0].connect()
        for call in calls[1:]:
            call.a.share(calls[0].a)
            call.connect()
        return calls


class Port(SharedCase):
    def test_calls_of_several_ues_on_one_port(self):
        calls = [self.ready() for _ in range(5)]
        for call in reversed(calls):
            call.connect()
        for call in calls:
            self.assert_both_ways(call)
        calls[2].a.connection.link.close()
        self.assertIn(calls[2].b.end(), ("fin", "reset"))
        for call in calls[:2] + calls[3:]:
            self.assert_both_ways(call)

    def test_a_session_is_on_the_connection_that_bound_it(self):
        first, second = self.ready().connect(), self.ready().connect()
        tid = second.a.send(b"x", to=first.a.remote_uri)
        self.assertEqual(second.a.response(tid).word, "506")
        stranger = Stranger(self, ("127.0.0.1", self.port))
        _, response = stranger.ask(first.a.remote_uri, "msrp://127.0.0.1:9/x;tcp")
        self.assertEqual(response.word, "506")
        _, response = stranger.ask(other_session(first.a.remote_uri), "msrp://127.0.0.1:9/x;tcp")
        self.assertEqual(response.word, "481")
        for call in (first, second):
            self.assert_both_ways(call)

    def test_a_stranger_who_first_asks_for_nothing_may_still_bind(self):
        call = self.ready()
        stranger = Stranger(self, ("127.0.0.1", self.port))
        _, response = stranger.ask(other_session(call.a.remote_uri), call.a.uri)
        self.assertEqual(response.word, "481")
        tid = secrets.token_hex(8)
        stranger.sock.sendall(wire.frame(tid, "SEND", call.a.remote_uri, call.a.uri, ["Message-ID: at1last"]))
        call.b.accept()
        self.assertIsNone(call.b.next().body)
        self.assertEqual(stranger.read().word, "200")

    def test_garbage_and_an_end_of_a_session_leave_the_others(self):
        together, apart = self.several(2), self.ready().connect()
        stranger = Stranger(self, ("127.0.0.1", self.port))
        stranger.sock.sendall(b"GET / HTTP/1.1\r\n\r\n")
        self.assertIn(stranger.read(), ("fin", "reset"))
        self.assertEqual(self.shared.ng("delete", call_id=together[0].id, from_tag="a")["result"], "ok")
        self.assertIn(together[0].b.end(), ("fin", "reset"))
        self.assert_both_ways(together[1])
        tid = together[0].a.send(b"too late")
        self.assertEqual(together[0].a.response(tid).word, "481")
        together[1].a.write(b"garbage is not MSRP\r\n\r\n")
        self.assertIn(together[1].b.end(), ("fin", "reset"))
        self.assert_both_ways(apart)

    def test_a_call_that_ended_frees_the_port_for_nobody_but_the_realm(self):
        for _ in range(3):
            call = self.ready().connect()
            self.assert_both_ways(call)
            self.assertEqual(self.shared.ng("delete", call_id=call.id, from_tag="a")["result"], "ok")
            self.assertIn(call.b.end(), ("fin", "reset"))

    def test_an_agnostic_call_of_the_realm_has_a_port_of_its_own(self):
        a, b = self.end("cema", listens=False), self.end("cema")
        call = m.Call(self, self.shared, a, b).established("active", msrp_peer="cema")
        self.assertEqual(call.answered["mode"], "agnostic")
        self.assertNotEqual(a.target[1], self.port)
        self.assert_both_ways(call)


class OneConnection(SharedCase):
    certificate_of_ue = None

    def setUp(self):
        super().setUp()
        self.ue = self.certificate("ue") if self.certificate_of_ue else None

    def test_several_sessions_of_one_ue(self):
        calls = self.several(4, self.ue)
        for call in calls + calls[::-1]:
            self.text_and_report(call.a, call.b, b"up " + call.id.encode())
            self.text_and_report(call.b, call.a, b"down " + call.id.encode())

    def text_and_report(self, source, sink, body):
        tid = source.send(body, "Success-Report: yes", message_id=secrets.token_hex(6))
        got = sink.next()
        self.assertEqual((got.body, got.to_path, got.from_path), (body, [sink.uri], [sink.remote_uri]))
        self.assertEqual(source.response(tid).word, "200")
        lines = sink.report(got, f"1-{len(body)}/{len(body)}")
        self.assertEqual(source.next().lines, lines)

    def test_equal_transaction_ids_of_different_sessions_do_not_meet(self):
        """Two senders who know nothing of each other may choose the same one: it is unique on their connections only."""
        calls = self.several(3, self.ue)
        words = {call.a: f"4{number:02} Number {number}" for number, call in enumerate(calls)}
        for call in calls:
            call.a.answer = lambda _: None
            call.b.send(b"same", tid="same1234")
        got = {call.a: call.a.next() for call in calls}
        self.assertEqual(len({frame.tid for frame in got.values()}), len(calls))
        for end in reversed(got):
            end.respond(got[end], words[end])
        for call in calls:
            response = call.b.response("same1234")
            self.assertEqual((f"{response.word} {response.comment}", response.to_path), (words[call.a], [call.b.uri]))

    def test_a_huge_chunk_holds_up_nobody_elses_text(self):
        first, second = self.several(2, self.ue)
        size = 50 * MEGABYTE
        body, tid = os.urandom(MEGABYTE), "huge5678"
        octets = wire.frame(tid, "SEND", first.b.remote_uri, first.b.uri,
                            ["Message-ID: huge1", f"Byte-Range: 1-*/{size}", "Content-Type: a/b"], body * 50)
        first.b.sent.add(tid)
        half = len(octets) // 2
        first.b.write(octets[:half])
        first.a.part(100_000)
        # The chunk is not complete, and is not going to be before the text has arrived.
        self.text_and_report(second.b, second.a, b"quickly")
        self.assertNotIn(tid, first.b.responses)
        first.b.write(octets[half:])
        frames, got = first.a.message()
        self.assertTrue(got == body * 50)
        self.assertGreater(len(frames), 1)
        self.assertEqual([frame.flag for frame in frames], ["+"] * (len(frames) - 1) + ["$"])
        for frame in frames[:-1]:
            self.assertGreaterEqual(len(frame.body), 2048)
        at = 1
        for frame in frames:
            start, end, total = frame.range
            self.assertEqual((start, total), (at, size))
            self.assertIn(end, (None, at + len(frame.body) - 1))
            at += len(frame.body)
        self.assertEqual(len({frame.tid for frame in frames}), len(frames))
        self.assertEqual(first.b.response(tid).word, "200")
        self.text_and_report(first.b, first.a, b"and that was all")  # a second response would fail here
        self.assertEqual(first.b.extra, [])

    def test_a_huge_chunk_cut_in_pieces_is_answered_with_its_first_failure(self):
        first, second = self.several(2, self.ue)
        body, tid = b"x" * MEGABYTE, "fail5678"
        octets = wire.frame(tid, "SEND", first.b.remote_uri, first.b.uri,
                            ["Message-ID: fail1", f"Byte-Range: 1-*/{len(body)}", "Content-Type: a/b"], body, "#")
        first.b.sent.add(tid)
        first.a.answer = lambda _: "413 Enough"
        first.b.write(octets[:len(octets) // 2])
        first.a.part(100_000)
        self.text_and_report(second.b, second.a, b"in between")
        self.assertEqual(first.a.next().flag, "+")
        self.assertEqual(first.b.response(tid).word, "413")
        first.b.write(octets[len(octets) // 2:])
        first.a.answer = first.a.ok
        self.assert_cut_off(first.b, first.a, "fail1")

    def assert_cut_off(self, source, sink, message_id):
        """Of a message that the sink has refused nothing more comes but, at most, the end of a chunk that had begun; then the
        next message."""
        after = source.send(b"after it")
        rest = []
        while (got := sink.next()).field("Message-ID") == message_id:
            rest.append(got.flag)
        self.assertIn(rest, ([], ["#"]))
        self.assertEqual((got.body, source.response(after).word, source.extra), (b"after it", "200", []))


    def half_sent(self, source, sink):
        """Half of a chunk of a megabyte, of which much has arrived; the other half."""
        tid = secrets.token_hex(8)
        octets = wire.frame(tid, "SEND", source.remote_uri, source.uri,
                            ["Message-ID: half1", "Byte-Range: 1-*/*", "Content-Type: a/b"], b"h" * MEGABYTE)
        source.sent.add(tid)
        source.write(octets[:len(octets) // 2])
        sink.part(100_000)
        return octets[len(octets) // 2:]

    def test_a_far_end_that_goes_in_the_middle_of_a_chunk_leaves_the_connection_to_the_others(self):
        for deleted in (False, True):
            with self.subTest(deleted=deleted):
                first, second = self.several(2, self.ue)
                self.half_sent(first.b, first.a)
                if deleted:
                    self.assertEqual(self.shared.ng("delete", call_id=first.id, from_tag="a")["result"], "ok")
                else:
                    first.b.connection.link.close()
                got = first.a.next()
                self.assertEqual((got.field("Message-ID"), got.flag, got.body.strip(b"h")), ("half1", "#", b""))
                self.text_and_report(second.b, second.a, b"goes on")
                self.text_and_report(second.a, second.b, b"indeed")

    def test_the_rest_of_a_chunk_of_a_session_that_has_ended_goes_nowhere(self):
        first, second = self.several(2, self.ue)
        rest = self.half_sent(first.a, first.b)
        self.assertEqual(self.shared.ng("delete", call_id=first.id, from_tag="a")["result"], "ok")
        self.assertIn(first.b.end(), ("fin", "reset"))
        first.a.write(rest)
        self.text_and_report(second.a, second.b, b"goes on")
        self.text_and_report(second.b, second.a, b"indeed")
        self.assertEqual(first.a.requests, [])


class OneTlsConnection(OneConnection):
    certificate_of_ue = True


class Tls(SharedCase):
    def connected(self, certificate, version=None):
        """A TLS connection to the shared port that shows that certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        if certificate:
            context.load_cert_chain(certificate.cert, certificate.key)
        if version:
            context.minimum_version = context.maximum_version = version
        stranger = Stranger(self, ("127.0.0.1", self.port))
        stranger.sock = context.wrap_socket(stranger.sock)
        self.stack.callback(stranger.sock.close)
        return stranger

    def test_a_certificate_is_demanded_in_the_handshake(self):
        call = self.ready(self.certificate("ue"))
        for version in (ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_2):
            with self.subTest(version), self.assertRaisesRegex(ssl.SSLError, "(?i)certificate.required|handshake.failure"):
                self.connected(None, version).ask(call.a.remote_uri, call.a.uri)
        call.connect()
        self.assert_both_ways(call)

    def test_a_certificate_opens_its_own_sessions_only(self):
        mine, theirs = self.certificate("mine"), self.certificate("theirs")
        own, foreign, waiting = self.ready(mine), self.ready(theirs), self.ready(theirs)
        own.connect(), foreign.connect()
        nobody = self.connected(self.certificate("nobody"))
        secret = [f"Message-ID: {secrets.token_hex(4)}", "Content-Type: text/plain"]
        answers = {}
        for asker in ("bound", "stranger"):
            for name, uri in (("running", foreign.a.remote_uri), ("waiting", waiting.a.remote_uri),
                              ("none", other_session(own.a.remote_uri))):
                if asker == "bound":
                    answer = own.a.response(own.a.request("SEND", secret, b"let me in", to=uri))
                else:
                    _, answer = nobody.ask(uri, own.a.uri, lines=secret, body=b"let me in")
                self.assertEqual(answer.from_path, [uri])
                answers[asker, name] = (answer.word, answer.comment, *answer.lines, *answer.to_path)
        # No hint: a session of somebody else's certificate is as if it did not exist.
        self.assertEqual(set(answers.values()), {("481", answers["bound", "none"][1], own.a.uri)})
        self.assertEqual((foreign.b.requests, waiting.b.connection), ([], None))
        waiting.connect()
        for call in (own, foreign, waiting):
            self.assert_both_ways(call)

    def test_plain_and_tls_sessions_do_not_mix(self):
        """The port speaks what the session's SDP says: a plain request for a TLS session finds nothing."""
        call = self.ready(self.certificate("ue"))
        plain = Stranger(self, ("127.0.0.1", self.port))
        _, answer = plain.ask(call.a.remote_uri, call.a.uri, lines=["Message-ID: plain1", "Content-Type: a/b"], body=b"x")
        self.assertTrue(answer in ("fin", "reset") or answer.word == "481", answer)
        self.assertEqual(call.b.connection, None)
        call.connect()
        self.assert_both_ways(call)


if __name__ == "__main__":
    unittest.main(verbosity=2)
