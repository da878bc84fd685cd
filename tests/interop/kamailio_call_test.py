"""The shipped kamailio.cfg: calls through Postern with media, re-offers, late and early ones."""
import select
import unittest

import postern as p
import sip
from kamailio_case import MEDIASEC, CORE, AUDIO, message_only, converse, Calls


class Conversations(Calls):
    def test_from_the_ue(self):
        alice, carol = self.registered("alice", MEDIASEC), self.core()
        caller, callee = self.from_ue(alice, carol)
        self.assertEqual(p.media(callee.offer)[2], "TCP/MSRP")
        for gone in ("3ge2ae", "a=fingerprint"):
            self.assertNotIn(gone, callee.offer)
        self.assertEqual(p.attribute(caller.answer, "3ge2ae"), "applied")
        alice.tls_connect(caller.answer)
        converse(self, alice, carol)
        caller.send("BYE")
        callee.bye_comes()
        self.no_calls()

    def test_to_the_ue(self):
        alice, carol = self.registered("alice", MEDIASEC), self.core()
        caller, callee = self.to_ue(alice, carol)
        self.assertEqual(p.attribute(callee.offer, "3ge2ae"), "applied")
        self.assertEqual(p.media(caller.answer)[2], "TCP/MSRP")
        self.assertNotIn("a=fingerprint", caller.answer)
        alice.tls_connect(callee.offer)
        converse(self, alice, carol)
        callee.send("BYE")
        caller.bye_comes()
        self.no_calls()

    def test_a_ue_on_tcp_in_both_directions(self):
        alice, carol = self.registered("alice", MEDIASEC, tcp=True), self.core()
        caller, callee = self.to_ue(alice, carol)
        alice.tls_connect(callee.offer)
        converse(self, alice, carol)
        callee.send("BYE")
        caller.bye_comes()
        carol.listener.close()
        carol.listener = None
        caller, callee = self.from_ue(alice, carol)
        alice.tls_connect(caller.answer)
        converse(self, alice, carol)
        callee.send("BYE")
        caller.bye_comes()
        self.no_calls()

    def test_between_two_ues_each_with_tls_of_its_own(self):
        alice, bob = self.registered("alice", MEDIASEC), self.registered("bob", MEDIASEC)
        caller = alice.invite(bob.aor, alice.e2ae_offer())
        invite = bob.request("INVITE")
        self.assertEqual(p.attribute(invite.body, "3ge2ae"), "applied")
        self.assertNotIn(alice.certificate.fingerprint(), invite.body)
        bob.accept(invite, bob.tls_sdp("active"))
        answer = caller.response()
        self.assertNotIn(bob.certificate.fingerprint(), answer.body)
        caller.ack()
        bob.request("ACK")
        alice.tls_connect(answer.body)
        bob.tls_connect(invite.body)
        frame = p.send_frame("a0000001", bob.path, alice.path, b"both of us over TLS")
        alice.tls.sendall(frame)
        self.assertEqual(bob.read(len(frame)), frame)
        frame = p.send_frame("b0000001", alice.path, bob.path, b"indeed")
        bob.tls.sendall(frame)
        self.assertEqual(alice.read(len(frame)), frame)

    def test_reinvite_from_each_side_keeps_the_conversation(self):
        alice, carol = self.registered("alice", MEDIASEC), self.core()
        caller, callee = self.from_ue(alice, carol)
        alice.tls_connect(caller.answer)
        converse(self, alice, carol)
        cseq = callee.send("INVITE", carol.plain_sdp())
        again = alice.request("INVITE", caller.call_id)
        self.assertEqual(p.media(again.body)[2], "TCP/TLS/MSRP")
        self.assertEqual(p.attribute(again.body, "3ge2ae"), "applied")
        alice.answer(again, 200, alice.tls_sdp("active"))
        answer = carol.response(caller.call_id, cseq)
        self.assertEqual(p.media(answer.body)[2], "TCP/MSRP")
        callee.ack()
        alice.request("ACK")
        converse(self, alice, carol)
        cseq = caller.send("INVITE", alice.e2ae_offer())
        again = carol.request("INVITE", caller.call_id)
        self.assertEqual(p.media(again.body)[2], "TCP/MSRP")
        carol.answer(again, 200, carol.plain_sdp())
        self.assertEqual(p.media(alice.response(caller.call_id, cseq).body)[2], "TCP/TLS/MSRP")
        caller.ack()
        carol.request("ACK")
        converse(self, alice, carol)

    def test_what_is_in_no_dialog_reaches_nobody(self):
        alice = self.registered("alice", MEDIASEC)
        stranger = self.ue("mallory")
        host, port = self.kamailio.address
        for body in ("", "\r\n".join(["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", *AUDIO, ""])):
            call = sip.Dialog(stranger, sip.token("call-"))
            call.local, call.remote = f"<{stranger.aor}>;tag=x", f"<{alice.aor}>;tag=invented"
            call.target, call.routes = alice.contact, [f"<sip:{host}:{port};lr>"]
            self.assertEqual(call.ask("INVITE", body).status, 481)
        self.assertTrue(alice.got_nothing("INVITE"))

    def test_an_update_of_the_callee_and_then_a_200_that_repeats_the_183(self):
        alice, carol = self.registered("alice", MEDIASEC), self.core()
        caller = alice.invite("sip:carol@elsewhere.example", alice.e2ae_offer())
        invite = carol.request("INVITE")
        early = carol.plain_sdp()
        callee = carol.accept(invite, early, status=183)
        caller.response(final=False)
        cseq = callee.send("UPDATE", carol.plain_sdp("actpass"))
        update = alice.request("UPDATE")
        alice.answer(update, 200, alice.tls_sdp("active"))
        self.assertEqual(carol.response(callee.call_id, cseq).status, 200)
        carol.answer(invite, 200, early, tag=callee.local_tag)
        final = caller.response()
        self.assertNotEqual(message_only(final.body), 0)
        caller.ack()
        carol.request("ACK")
        alice.tls_connect(final.body)
        converse(self, alice, carol)
        caller.send("BYE")
        callee.bye_comes()
        self.no_calls()

    def test_an_invite_tells_the_core_nothing_of_mediasec(self):
        alice, carol = self.registered("alice", MEDIASEC), self.core()
        alice.invite("sip:carol@elsewhere.example", alice.e2ae_offer(),
                     [MEDIASEC, ("Security-Verify", "msrp-tls;mediasec"), ("Supported", "mediasec, timer")])
        self.assertNotIn("mediasec", repr(carol.request("INVITE")))

    def test_update_is_an_offer_too(self):
        alice, carol = self.registered("alice", MEDIASEC), self.core()
        caller, callee = self.from_ue(alice, carol)
        cseq = callee.send("UPDATE", carol.plain_sdp())
        update = alice.request("UPDATE", caller.call_id)
        self.assertEqual(p.media(update.body)[2], "TCP/TLS/MSRP")
        alice.answer(update, 200, alice.tls_sdp("active"))
        self.assertEqual(p.media(carol.response(caller.call_id, cseq).body)[2], "TCP/MSRP")

    def test_a_failing_reinvite_leaves_the_call_as_it_is(self):
        alice, carol = self.registered("alice", MEDIASEC), self.core()
        caller, callee = self.from_ue(alice, carol)
        alice.tls_connect(caller.answer)
        caller.send("INVITE", alice.e2ae_offer())
        carol.answer(carol.request("INVITE", caller.call_id), 488)
        self.assertEqual(caller.failure().status, 488)
        self.assertEqual(self.tap.of("delete"), [])
        converse(self, alice, carol)

    def test_an_early_answer_and_the_final_one(self):
        alice, carol = self.registered("alice", MEDIASEC), self.core()
        caller = alice.invite("sip:carol@elsewhere.example", alice.e2ae_offer())
        invite = carol.request("INVITE")
        callee = carol.accept(invite, carol.plain_sdp(), status=183)
        early = caller.response(final=False)
        self.assertEqual((early.status, p.media(early.body)[2]), (183, "TCP/TLS/MSRP"))
        carol.answer(invite, 200, carol.plain_sdp(), tag=callee.local_tag)
        final = caller.response()
        self.assertEqual(final.body, early.body)
        caller.ack()
        carol.request("ACK")
        alice.tls_connect(final.body)
        converse(self, alice, carol)

    def test_an_offer_that_comes_late(self):
        alice, carol = self.registered("alice", MEDIASEC), self.core()
        caller = carol.invite(alice.aor)
        callee = alice.accept(alice.request("INVITE"), alice.e2ae_offer())
        offer = caller.response()
        self.assertEqual(p.media(offer.body)[2], "TCP/MSRP")
        caller.ack(carol.plain_sdp())
        ack = alice.request("ACK")
        self.assertEqual(p.media(ack.body)[2], "TCP/TLS/MSRP")
        alice.tls_connect(ack.body)
        converse(self, alice, carol)

    def test_a_late_offer_in_a_provisional_reply_does_not_pass(self):
        """Its answer would come in a PRACK; so nobody is told that PRACK is possible."""
        alice, carol = self.registered("alice", MEDIASEC), self.core()
        caller = carol.invite(alice.aor, headers=[("Supported", "100rel, timer")])
        invite = alice.request("INVITE")
        self.assertEqual(invite["Supported"], "timer")
        callee = alice.accept(invite, alice.e2ae_offer(), status=183)
        self.kamailio.wait_log("early_late_offer_dropped")
        alice.answer(invite, 180, tag=callee.local_tag)
        self.assertEqual(caller.response(final=False).status, 180)
        alice.answer(invite, 200, alice.e2ae_offer(), tag=callee.local_tag)
        self.assertEqual(p.media(caller.response().body)[2], "TCP/MSRP")

    def test_an_offer_that_comes_late_within_the_dialog(self):
        alice, carol = self.registered("alice", MEDIASEC), self.core()
        caller, callee = self.from_ue(alice, carol)
        alice.tls_connect(caller.answer)
        converse(self, alice, carol)
        cseq = callee.send("INVITE")
        alice.answer(alice.request("INVITE", caller.call_id), 200, alice.e2ae_offer())
        self.assertEqual(p.media(carol.response(caller.call_id, cseq).body)[2], "TCP/MSRP")
        callee.ack(carol.plain_sdp())
        self.assertEqual(p.media(alice.request("ACK").body)[2], "TCP/TLS/MSRP")
        converse(self, alice, carol)

    def test_cancel(self):
        alice, carol = self.registered("alice", MEDIASEC), self.core()
        caller = carol.invite(alice.aor, carol.plain_sdp())
        invite = alice.request("INVITE")
        alice.answer(invite, 180, tag="t")
        self.assertEqual(caller.response(final=False).status, 180)
        caller.cancel()
        alice.answer(alice.request("CANCEL"), 200, tag="t")
        alice.answer(invite, 487, tag="t")
        self.assertEqual(caller.failure().status, 487)
        self.no_calls()

    def test_a_failure_reply_ends_what_was_reserved(self):
        alice, carol = self.registered("alice", MEDIASEC), self.core()
        caller = carol.invite(alice.aor, carol.plain_sdp())
        alice.answer(alice.request("INVITE"), 603, tag="t")
        self.assertEqual(caller.failure().status, 603)
        self.no_calls()

    def test_a_reply_that_comes_when_its_transaction_has_ended_does_not_pass(self):
        """Kamailio would forward it statelessly, with the SDP as it is."""
        alice, carol = self.registered("alice", MEDIASEC), self.core()
        via = [("Via", f"SIP/2.0/UDP 127.0.0.1:{self.kamailio.port};branch=z9hG4bKgone.0"),
               ("Via", f"SIP/2.0/UDP {carol.address};branch=z9hG4bKold")]
        rest = [("From", f"<{carol.aor}>;tag=f"), ("To", f"<{alice.aor}>;tag=t"), ("Call-ID", "stray-1"),
                ("CSeq", "1 INVITE"), ("Contact", f"<{alice.contact}>")]
        alice.send("SIP/2.0 200 OK", via + rest, alice.tls_sdp("active"))
        self.kamailio.wait_log("stray_reply_dropped call_id=stray-1")
        self.assertFalse(select.select([carol.sock], [], [], 0)[0])

    def test_what_has_no_msrp_is_not_posterns_business(self):
        alice, carol = self.registered("alice", MEDIASEC), self.core()
        body = "\r\n".join(["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0", *AUDIO, ""])
        caller = carol.invite(alice.aor, body)
        invite = alice.request("INVITE")
        self.assertEqual(invite.body, body)
        callee = alice.accept(invite, body)
        self.assertEqual(caller.response().body, body)
        caller.ack()
        alice.request("ACK")
        self.assertEqual([c["command"] for c, _ in self.tap.commands if c["command"] != "delete"], [])
        callee.send("BYE")
        caller.bye_comes()

    def test_a_ue_that_has_not_registered_msrp_tls_does_not_get_e2ae_by_asking(self):
        alice, carol = self.registered("alice"), self.core()
        caller = alice.invite("sip:carol@elsewhere.example", alice.e2ae_offer())
        invite = carol.request("INVITE")
        self.assertEqual(p.media(invite.body)[2], "TCP/TLS/MSRP")  # end-to-end: no gateway in between
        self.assertEqual(p.attribute(invite.body, "fingerprint"), alice.certificate.fingerprint())
        self.assertNotIn("3ge2ae", invite.body)
        caller.cancel()

    def multipart(self, carol, alice, *parts):
        body = "".join(f"--b\r\nContent-Type: {kind}\r\n\r\n{part}\r\n" for kind, part in parts) + "--b--\r\n"
        carol.cseq += 1
        call_id = sip.token("call-")
        carol.send(f"INVITE {alice.aor} SIP/2.0", [
            carol.via(sip.token("z9hG4bK")), ("Max-Forwards", "70"), ("From", f"<{carol.aor}>;tag=f1"),
            ("To", f"<{alice.aor}>"), ("Call-ID", call_id), ("CSeq", f"{carol.cseq} INVITE"),
            ("Contact", f"<{carol.contact}>")], body, "multipart/mixed;boundary=b")
        return call_id, carol.cseq

    def test_two_descriptions_in_one_body_do_not_pass(self):
        """Postern would see the first only."""
        alice, carol = self.registered("alice", MEDIASEC), self.core()
        sdp = "application/sdp", carol.plain_sdp()
        self.assertEqual(carol.response(*self.multipart(carol, alice, sdp, sdp)).status, 415)
        self.assertTrue(alice.got_nothing("INVITE"))

    def test_within_the_dialog_each_side_may_do_what_it_has_registered(self):
        """A callee's own wish for e2ae: granted to the one that has registered it, not to the other."""
        alice, bob, carol = self.registered("alice", MEDIASEC), self.registered("bob"), self.core()
        for ue, answer, transport in ((alice, alice.tls_sdp("active"), "TCP/MSRP"),
                                      (bob, bob.plain_sdp("active"), "TCP/TLS/MSRP")):
            with self.subTest(ue.aor):
                caller = carol.invite(ue.aor, carol.plain_sdp())
                callee = ue.accept(ue.request("INVITE"), answer)
                caller.response()
                caller.ack()
                ue.request("ACK")
                callee.send("INVITE", ue.e2ae_offer())
                again = carol.request("INVITE", caller.call_id)
                self.assertEqual(p.media(again.body)[2], transport)
                self.assertNotIn("3ge2ae", again.body)

    def test_multipart_bodies_are_seen_too(self):
        """RCS puts the first message beside the SDP."""
        alice, carol = self.registered("alice", MEDIASEC), self.core()
        self.multipart(carol, alice, ("application/sdp", carol.plain_sdp()), ("message/cpim", "hello"))
        invite = alice.request("INVITE")
        self.assertIn("m=message", invite.body)
        self.assertIn("TCP/TLS/MSRP", invite.body)
        self.assertIn("message/cpim", invite.body)

    def test_behind_a_nat_the_ue_is_told_to_connect(self):
        for shown, setup in ((None, "actpass"), ("10.11.12.13:5060", "passive")):
            with self.subTest(shown):
                user = sip.token("alice")
                alice, carol = self.registered(user, MEDIASEC, shown=shown), self.ue("carol", host=CORE)
                carol.invite(alice.aor, carol.plain_sdp("actpass"))
                self.assertEqual(p.attribute(alice.request("INVITE").body, "setup"), setup)

    def test_behind_a_nat_the_ue_that_has_called_is_told_so_later(self):
        alice = self.registered("alice", MEDIASEC, shown="10.11.12.13:5060")
        carol = self.core()
        caller, callee = self.from_ue(alice, carol)
        alice.tls_connect(caller.answer)
        converse(self, alice, carol)
        callee.send("INVITE", carol.plain_sdp("actpass"))
        self.assertEqual(p.attribute(alice.request("INVITE", caller.call_id).body, "setup"), "passive")

    def test_behind_a_nat_the_ue_connects(self):
        alice = self.registered("alice", MEDIASEC, shown="10.11.12.13:5060")
        carol = self.core()
        caller = carol.invite(alice.aor, carol.plain_sdp())
        invite = alice.request("INVITE")
        callee = alice.accept(invite, alice.tls_sdp("active"))
        self.assertIn("10.11.12.13", alice.tls_sdp("active"))
        answer = caller.response()
        caller.ack()
        alice.request("ACK")
        alice.tls_connect(invite.body)
        converse(self, alice, carol)
        caller.send("BYE")
        callee.bye_comes()


if __name__ == "__main__":
    unittest.main()
