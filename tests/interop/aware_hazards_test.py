"""The hazards that other implementations are known for (peers.md 1.4, H1 to H14), each with a peer that behaves so."""
import os
import secrets
import socket
import unittest

import msrp_peer as m
import msrp_wire as wire
import postern as p


class Msrplib(m.End):
    """Looks at From-Path, too: what it was shown, or with sessmatch that session-id (H7)."""

    def on_message(self, message):
        theirs, ours = (wire.uri_parts(uri) for uri in (message.from_path[0], self.remote_uri))
        if theirs[3] != ours[3] or (self.kind != "sessmatch" and theirs != ours):
            raise AssertionError(f"{self.kind} {self.uri} answers 481 to {message}")
        super().on_message(message)


class NodeLib(m.End):
    """Passive, it knows a connection by its source, which must be the authority of the peer's path (H4)."""

    def accept(self):
        super().accept()
        _, host, port, _, _ = wire.uri_parts(self.remote_uri)
        self.case.assertEqual(self.connection.remote, (host, int(port)), "this peer never takes that connection")


class Freeswitch(m.End):
    """Closes on frames beyond 16 kB (H8)."""

    def on_message(self, message):
        if len(message.body or b"") > 16_000:
            raise AssertionError(f"this peer closes on {message}")
        super().on_message(message)


BYTE_RANGES = (("1-*/15", b"fifteen octets!"), ("1-0/0", None), ("1-0/0", b""), ("1-*/*", b"x"),
               ("1-5/5", b"longer than it says"), ("1-4000/4000", b"shorter"), ("nonsense", b"x"), ("0-0/0", b"x"),
               ("99999999999999999999-*/*", b"x"))


class Hazards(m.AwareCase):
    def connected(self, **flags):
        return self.aware(self.gateway(), **flags)

    def test_h1_a_response_without_a_comment(self):
        call = self.connected()
        for source, sink in ((call.a, call.b), (call.b, call.a)):
            for code in ("200", "413", "481", "599"):
                sink.answer = lambda _, code=code: code
                response = source.response(source.send(b"x"))
                self.assertEqual(response.word, code)
                self.assertTrue(response.comment)  # Frame has seen to it, too

    def test_h2_a_first_send_that_nobody_answers(self):
        postern = self.gateway()
        call = m.Call(self, postern, self.end(), self.end())
        call.offer("active", msrp_mode="aware", msrp_peer="plain").settle("passive")
        call.b.answer = lambda request: None if request.body is None else "200 OK"
        call.a.connect()
        call.a.send()
        call.b.accept()
        self.assertIsNone(call.b.next().body)
        self.assert_both_ways(call)

    def test_h3_a_report_that_is_answered(self):
        call = self.connected()
        for source, sink in ((call.a, call.b), (call.b, call.a)):
            source.send(b"tell me", "Success-Report: yes")
            sink.report(sink.next(), "1-7/7")
            report = source.next()
            source.write(wire.frame(report.tid, "200 Report received", source.remote_uri, source.uri, ["Byte-Range: 1-7/7"]))
            source.write(wire.frame("neverAsked1", "481 Whatever", source.remote_uri, source.uri))
            self.text(source, sink)
            self.assertEqual((sink.extra, sink.ended, source.ended), ([], None, None))

    def test_h4_a_peer_that_knows_connections_by_their_source(self):
        call = self.aware(self.gateway(), b=NodeLib(self), setup="active", answer="passive")
        self.assert_both_ways(call)
        # Nobody can connect to the port that the gateway has connected from.
        with self.assertRaises(ConnectionRefusedError):
            socket.create_connection(call.b.target, p.PATIENCE)

    def test_h4_the_same_port_again_or_another_one(self):
        """The peer moves within its address, again and again: the old connection may hold the gateway's port (TIME_WAIT)."""
        postern = self.gateway()
        call = self.aware(postern, setup="active", answer="passive")
        for _ in range(3):
            call.b.session = secrets.token_hex(10)
            call.b.uri = f"msrp://127.0.0.1:{call.b.port}/{call.b.session};tcp"
            offered = postern.ng("offer", call_id=call.id, from_tag="b", to_tag="a", direction=["core", "access"],
                                 sdp=call.b.sdp("actpass"))
            self.assertEqual(offered["result"], "ok", offered)
            answered = postern.ng("answer", call_id=call.id, from_tag="b", to_tag="a", sdp=call.a.sdp("active"))
            call.b.learn(answered["sdp"])
            self.assertIn(call.b.end(), ("fin", "reset"))
            call.b.hang_up()
            tid = call.a.send(b"where are you")
            call.b.accept()
            # Nobody else would bind the new connection (RFC 4975 5.4): the gateway does.
            binding = call.b.next()
            self.assertEqual((binding.word, binding.body), ("SEND", None))
            self.assertEqual(call.b.next().body, b"where are you")
            self.assertEqual(call.a.response(tid).word, "200")

    def test_h5_a_peer_that_connects_from_another_port_than_it_listens_on(self):
        postern = self.gateway(access='source_filter = "address"\n')
        call = self.aware(postern, setup="actpass", answer="passive")
        self.assertNotEqual(call.a.connection.local[1], call.a.port)
        self.assert_both_ways(call)

    def test_h5_the_address_is_filtered_as_the_realm_says(self):
        for rule, taken in (("address", False), ("none", True)):
            with self.subTest(rule):
                postern = self.gateway(access=f'source_filter = "{rule}"\n')
                a, b = self.end(listens=False), self.end()
                m.Call(self, postern, a, b).offer("active", msrp_mode="aware", msrp_peer="plain").settle("passive")
                sock = socket.create_connection(a.target, p.PATIENCE, source_address=("127.0.0.3", 0))
                m.Connection(sock, a)
                tid = a.send()
                if taken:
                    b.accept()
                    self.assertEqual(a.response(tid).word, "200")
                else:
                    self.assertIn(a.end(), ("fin", "reset"))
                    self.assertEqual(b.connection, None)

    def test_h6_both_connect_in_either_order(self):
        for first_is_a in (True, False):
            postern = self.gateway()
            a, b = self.end(), self.end()
            call = m.Call(self, postern, a, b).offer("active", msrp_mode="aware", msrp_peer="plain", msrp_setup="actpass")
            call.settle("active")
            early, late = (a, b) if first_is_a else (b, a)
            early.connect()
            tids = [early.send(), early.send(b"early words")]
            postern.wait_query(call.id, lambda reply: any(t["state"] == "connected" for t in p.terminations(reply).values()))
            late.connect()
            tid = late.send()
            self.assertEqual([late.next().body, late.next().body], [None, b"early words"])
            self.assertEqual({early.response(tid).word for tid in tids}, {"200"})
            self.assertIsNone(early.next().body)
            self.assertEqual(late.response(tid).word, "200")
            self.assert_both_ways(call)

    def test_h6_glare_a_peer_that_was_to_wait_connects_as_well(self):
        """It finds nobody: the gateway does not listen where it connects. The session goes on."""
        call = self.connected(setup="active", answer="passive")
        for _ in range(3):
            with self.assertRaises(ConnectionRefusedError):
                socket.create_connection(call.b.target, p.PATIENCE)
        self.assert_both_ways(call)

    def test_h7_peers_that_look_at_from_path(self):
        postern = self.gateway()
        for kind in ("plain", "sessmatch", "cema"):
            for setup, answer in (("actpass", "passive"), ("active", "passive"), ("actpass", "active")):
                with self.subTest(kind, setup=setup, answer=answer):
                    call = self.aware(postern, Msrplib(self, kind), Msrplib(self, kind), setup, answer)
                    self.assert_both_ways(call)

    def test_h8_a_peer_that_cannot_take_long_frames(self):
        call = self.aware(self.gateway(core="max_chunk = 10000\n"), b=Freeswitch(self))
        body = os.urandom(500_000)
        tid = call.a.send(body, span="1-*/*")
        frames, got = call.b.message()
        self.assertTrue(got == body)
        self.assertEqual(max(len(frame.body) for frame in frames), 10_000)
        self.assertEqual(call.a.response(tid).word, "200")

    def test_h9_byte_ranges_that_are_odd(self):
        for core in ("", "max_chunk = 2048\n"):
            call = self.aware(self.gateway(core=core))
            for source, sink in ((call.a, call.b), (call.b, call.a)):
                for span, body in BYTE_RANGES:
                    tid = source.send(body, span=span)
                    got = sink.next()
                    self.assertEqual((got.body, got.flag, source.response(tid).word), (body, "$", "200"))
                tid = source.request("SEND", ["Message-ID: no1range", "Content-Type: text/plain"], b"without any")
                self.assertEqual((sink.next().body, source.response(tid).word), (b"without any", "200"))
                tid = source.request("SEND", [])
                self.assertEqual((sink.next().body, source.response(tid).word), (None, "200"))

    def test_h10_tls_without_a_fingerprint(self):
        for tls, served in (("", False), (", require_fingerprint = false", True)):
            with self.subTest(tls):
                postern = self.gateway(tls=tls)
                call = m.Call(self, postern, self.end(), self.end(tls=True))
                call.offer("active", msrp_mode="aware", msrp_peer="plain", msrp_tls="tls")
                bare = call.b.sdp("passive").replace(f"a=fingerprint:{call.b.certificate.fingerprint()}\r\n", "")
                if served:
                    call.settle("passive", bare).connect()
                    self.assert_both_ways(call)
                else:
                    answered = postern.ng("answer", call_id=call.id, from_tag="a", to_tag="b", sdp=bare)
                    self.assertEqual(p.media(answered["sdp"])[1], 0, answered)
                    self.assertIn("fingerprint", answered["why"])

    def test_h11_a_bare_lf_among_the_lines_of_sdp(self):
        postern = self.gateway()
        a, b = self.end(), self.end()
        text = a.sdp("actpass").replace("c=IN IP4 127.0.0.1\r\n", "c=IN IP4 127.0.0.1\n")
        call = m.Call(self, postern, a, b).offer(sdp=text, msrp_mode="aware", msrp_peer="plain").settle().connect()
        self.assert_both_ways(call)

    def test_h12_no_message_is_invented(self):
        for setup, answer in (("active", "passive"), ("actpass", "active")):
            call = self.connected(setup=setup, answer=answer)  # has seen to one binding SEND for each that connects
            self.assert_both_ways(call)
            self.assertEqual((call.a.requests, call.b.requests), ([], []))
            counted = p.terminations(call.postern.ng("query", call_id=call.id))
            bindings = list(call.active.values()).count(True)
            for leg in counted.values():
                self.assertEqual(leg["messages-in"]["SEND"] + leg["messages-out"]["SEND"], 2 + bindings)

    def test_h13_what_the_gateway_says_itself_is_what_kamailio_can_read(self):
        call = self.connected()
        for source in (call.a, call.b):
            raw = []
            source.connection.link.on_octets = raw.append
            wrong = source.remote_uri.replace(";tcp", "x;tcp")
            source.write(wire.frame("tid12345", "SEND", wrong, source.uri, ["Message-ID: m1"]))
            expected = f"MSRP tid12345 481 [^\r\n]+\r\nTo-Path: {source.uri}\r\nFrom-Path: {wrong}\r\n-------tid12345\\$\r\n"
            m.wait_until(lambda: b"-------tid12345$" in b"".join(raw))
            self.assertRegex(b"".join(raw).decode(), f"^{expected}$")

    def test_h14_an_offerer_with_actpass_that_always_connects(self):
        postern = self.gateway()
        for answer in ("passive", "active"):
            call = m.Call(self, postern, self.end(), self.end())
            call.offer("actpass", msrp_mode="aware", msrp_peer="plain", msrp_setup="actpass").settle(answer)
            self.assertEqual(call.a.remote_setup, "passive")  # the gateway waits for it
            call.connect()
            self.assert_both_ways(call)


if __name__ == "__main__":
    unittest.main(verbosity=2)
