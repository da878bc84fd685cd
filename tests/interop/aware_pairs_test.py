"""Every pair of kinds of peers, both TCP roles, TLS and TCP on each leg: all are served, with the paths rewritten or not. The
peers are strict (msrp_peer.py)."""
import itertools
import unittest

import msrp_peer as m
import postern as p

KINDS = ("cema", "sessmatch", "plain")
# The offerer's a=setup, the recipient's.
ROLES = (("actpass", "passive"), ("actpass", "active"), ("active", "passive"), ("active", "active"))


class PairsCase(m.AwareCase):
    def setUp(self):
        super().setUp()
        self.certificates = {name: self.certificate(name) for name in ("a", "b")}
        self.modes = []

    def ends(self, kind, other, tls=(False, False), listens=True, **more):
        return (self.end(kind, tls[0] and self.certificates["a"], listens=listens, **more),
                self.end(other, tls[1] and self.certificates["b"]))

    def converse(self, call):
        """Texts and reports in both directions, as each end understands them."""
        for source, sink in ((call.a, call.b), (call.b, call.a)):
            tid = source.send(b"from " + source.session.encode(), "Success-Report: yes")
            got = sink.next()
            self.assertEqual((got.tid, got.body, got.flag), (tid, b"from " + source.session.encode(), "$"))
            self.assertEqual(source.response(tid).word, "200")
            for status in ("000 200 OK", "000 413 Too much"):
                lines = sink.report(got, f"1-{len(got.body)}/{len(got.body)}", status)
                report = source.next()
                self.assertEqual((report.word, report.lines), ("REPORT", lines))
        self.modes.append(call.answered["mode"])

    def serve(self, postern, a, b, setup, answer, **flags):
        """The call, from the offer to its end. None where the recipient was not left that role."""
        call = m.Call(self, postern, a, b).offer(setup, **flags)
        shown = p.attribute(call.offered["sdp"], "setup")
        possible = shown == "actpass" or answer != shown
        if possible:
            self.converse(call.settle(answer).connect())
        self.assertEqual(postern.ng("delete", call_id=call.id, from_tag="a")["result"], "ok")
        a.close(), b.close()
        return call if possible else None

    def every(self, postern, tls, kinds=KINDS):
        """All pairs of kinds in all roles; how many calls there were."""
        served = 0
        for (setup, answer), kind, other in itertools.product(ROLES, kinds, KINDS):
            with self.subTest(setup=setup, answer=answer, offerer=kind, recipient=other, tls=tls):
                a, b = self.ends(kind, other, tls, listens=setup != "active")
                call = self.serve(postern, a, b, setup, answer, msrp_peer=other, msrp_tls="tls" if tls[1] else "tcp")
                served += call is not None
        self.assertEqual(postern.metric("postern_calls"), 0)
        return served


class Pairs(PairsCase):
    def run_all(self, *tls):
        # Each of the nine pairs has at least one role for each kind of offer.
        self.assertGreaterEqual(self.every(self.gateway(), tls), 18)
        self.assertEqual(set(self.modes), {"agnostic", "aware"})

    def test_tcp_on_both_legs(self):
        self.run_all(False, False)

    def test_tls_towards_the_offerer(self):
        self.run_all(True, False)

    def test_tls_towards_the_recipient(self):
        self.run_all(False, True)

    def test_tls_on_both_legs(self):
        self.run_all(True, True)

    def test_an_ims_ue_whose_path_nothing_resolves(self):
        """TS 24.247 8.3.1: its path has an authority that is no address; only c= and m= lead to it."""
        postern = self.gateway()
        for (setup, answer), other in itertools.product((("actpass", "passive"), ("active", "passive")), KINDS):
            with self.subTest(setup=setup, recipient=other):
                a, b = self.ends("cema", other, listens=setup != "active", path_host="ue-a.invalid")
                self.serve(postern, a, b, setup, answer, msrp_peer=other)

    def test_session_matching_behind_a_realm_profile(self):
        """Only its realm can say that an offerer is sessmatch."""
        postern = self.gateway(access='profile = "gsma"')
        self.every(postern, (False, False), kinds=("sessmatch",))

    def test_sessions_of_the_same_kinds_in_both_modes_at_the_same_time(self):
        postern = self.gateway()
        calls = []
        for mode in ("agnostic", "aware", "agnostic", "aware"):
            a, b = self.ends("cema", "cema")
            calls.append(m.Call(self, postern, a, b).established("active", msrp_mode=mode))
            self.assertEqual(calls[-1].answered["mode"], mode)
        for call in calls + calls[::-1]:
            self.converse(call)


class Unknown(PairsCase):
    """Nothing is known of the recipient but its answer."""

    def test_every_answer_is_served_but_one_that_goes_past_the_gateway(self):
        postern = self.gateway()
        for (setup, answer), kind, other in itertools.product(ROLES, ("cema", "plain"), ("cema", "plain")):
            with self.subTest(setup=setup, answer=answer, offerer=kind, recipient=other):
                a, b = self.ends(kind, other, listens=setup != "active")
                call = m.Call(self, postern, a, b).offer(setup)
                # It reads the real path of an offerer with CEMA, and connects there (RFC 6714 4.3).
                past = kind == "cema" and other == "plain" and answer == "active"
                shown = p.attribute(call.offered["sdp"], "setup")
                if shown in ("active", "passive") and answer == shown:
                    continue
                if past:
                    answered = postern.ng("answer", call_id=call.id, from_tag="a", to_tag="b", sdp=b.sdp(answer))
                    self.assertEqual(p.media(answered["sdp"])[1], 0, answered)
                    self.assertTrue(answered["why"])
                    continue
                self.converse(call.settle(answer).connect())
                a.close(), b.close()

    def test_the_answer_settles_the_mode(self):
        """The offer carried a path that serves both: one answer is agnostic, the other aware."""
        postern = self.gateway()
        modes = {}
        for other in ("cema", "plain"):
            a, b = self.ends("plain", other)
            call = m.Call(self, postern, a, b).established("actpass")
            self.converse(call)
            modes[other] = call.answered["mode"]
            self.assertEqual(postern.ng("query", call_id=call.id)["sections"][0]["mode"], modes[other])
            self.assertTrue(call.answered["why"])
        self.assertEqual(modes["plain"], "aware")


class Reoffers(PairsCase):
    def test_an_offer_that_changes_nothing_keeps_the_connections(self):
        postern = self.gateway()
        call = self.aware(postern, *self.ends("plain", "plain"))
        for sender, other, source, sink in (("a", "b", call.a, call.b), ("b", "a", call.b, call.a)):
            direction = ["access", "core"] if sender == "a" else ["core", "access"]
            offered = postern.ng("offer", call_id=call.id, from_tag=sender, to_tag=other, direction=direction,
                                 sdp=source.sdp("actpass"))
            self.assertEqual((offered["result"], p.attribute(offered["sdp"], "path")), ("ok", sink.remote_uri))
            role = "active" if call.active[sink] else "passive"
            answered = postern.ng("answer", call_id=call.id, from_tag=sender, to_tag=other, sdp=sink.sdp(role))
            self.assertEqual(p.attribute(answered["sdp"], "path"), source.remote_uri)
            self.assert_both_ways(call)

    def test_an_end_that_moves_is_served_in_its_new_place(self):
        """The other end, for which nothing has changed, keeps its connection."""
        postern = self.gateway()
        call = self.aware(postern, *self.ends("plain", "plain"), setup="active", answer="passive")
        moved = self.end()
        again = m.Call(self, postern, moved, call.a, call.id)
        again.offered = postern.ng("offer", call_id=call.id, from_tag="b", to_tag="a", direction=["core", "access"],
                                   sdp=moved.sdp("actpass"))
        self.assertEqual(again.offered["result"], "ok", again.offered)
        call.a.learn(again.offered["sdp"])
        again.answered = postern.ng("answer", call_id=call.id, from_tag="b", to_tag="a", sdp=call.a.sdp("active"))
        moved.learn(again.answered["sdp"])
        self.assertIn(call.b.end(), ("fin", "reset"))
        if moved.remote_setup == "passive":
            moved.connect()
            tid = moved.send()
            self.assertIsNone(call.a.next().body)
            self.assertEqual(moved.response(tid).word, "200")
        else:
            moved.accept()
            self.assertIsNone(moved.next().body)  # the gateway's own, which binds the connection
        self.assert_both_ways(again)


if __name__ == "__main__":
    unittest.main(verbosity=2)
