"""The shipped kamailio.cfg where things go wrong: nothing fails open, every dialog ends."""
import select
import socket
import time
import unittest

import postern as p
import sip
from kamailio_case import MEDIASEC, AUDIO, message_only, converse, Calls


class Refusals(Calls):
    def test_an_answer_that_cannot_be_served_ends_the_call(self):
        """A UE that was offered TLS and answers without a fingerprint: nobody could know who it is (RFC 8122 5)."""
        alice, carol = self.registered("alice", MEDIASEC), self.core()
        caller = carol.invite(alice.aor, carol.plain_sdp())
        callee = alice.accept(alice.request("INVITE"), alice.tls_sdp("active", fingerprint=False))
        answer = caller.response()
        self.assertEqual(answer.status, 200)
        self.assertEqual(message_only(answer.body), 0)
        caller.ack()
        alice.request("ACK")
        self.both_byes(caller, callee)
        self.no_calls()

    def test_a_second_answer_that_cannot_be_served_ends_the_call_too(self):
        alice, carol = self.registered("alice", MEDIASEC), self.core()
        caller, callee = self.to_ue(alice, carol)
        cseq = caller.send("INVITE", carol.plain_sdp())
        alice.answer(alice.request("INVITE", caller.call_id), 200, alice.tls_sdp("active", fingerprint=False))
        self.assertEqual(message_only(carol.response(caller.call_id, cseq).body), 0)
        caller.ack()
        alice.request("ACK")
        self.both_byes(caller, callee)
        self.no_calls()

    def test_an_answer_that_cannot_be_read_ends_the_call(self):
        alice, carol = self.registered("alice", MEDIASEC), self.core()
        caller = carol.invite(alice.aor, carol.plain_sdp())
        invite = alice.request("INVITE")
        callee = sip.Dialog.callee(alice, invite)
        alice.answer(invite, 200, alice.tls_sdp("active"), tag=callee.local_tag, headers=[("Content-Encoding", "gzip")])
        self.assertNotIn("m=message", caller.response().body)
        caller.ack()
        alice.request("ACK")
        self.both_byes(caller, callee)

    def test_an_early_answer_that_cannot_be_served_is_488(self):
        alice, carol = self.registered("alice", MEDIASEC), self.core()
        caller = carol.invite(alice.aor, carol.plain_sdp())
        invite = alice.request("INVITE")
        alice.accept(invite, alice.tls_sdp("active", fingerprint=False), status=183)
        alice.answer(alice.request("CANCEL"), 200, tag="t")
        alice.answer(invite, 487, tag="t")
        self.assertEqual(caller.failure().status, 488)
        self.no_calls()

    def test_an_answer_in_the_ack_that_cannot_be_served_ends_the_call(self):
        alice, carol = self.registered("alice", MEDIASEC), self.core()
        caller = alice.invite("sip:carol@elsewhere.example")
        callee = carol.accept(carol.request("INVITE"), carol.plain_sdp())
        offer = caller.response()
        self.assertEqual(p.media(offer.body)[2], "TCP/TLS/MSRP")
        caller.ack(alice.tls_sdp("active", fingerprint=False))
        self.assertEqual(message_only(carol.request("ACK").body), 0)
        self.both_byes(caller, callee)
        self.no_calls()

    def test_an_offer_that_cannot_be_served_does_not_pass(self):
        alice, carol = self.registered("alice", MEDIASEC), self.core()
        offer = alice.e2ae_offer(fingerprint=False)
        self.assertEqual(alice.invite("sip:carol@elsewhere.example", offer).failure().status, 503)
        self.assertTrue(carol.got_nothing("INVITE"))

    def test_the_same_within_the_dialog_leaves_the_call_as_it_is(self):
        alice, carol = self.registered("alice", MEDIASEC), self.core()
        caller, callee = self.from_ue(alice, carol)
        alice.tls_connect(caller.answer)
        converse(self, alice, carol)
        caller.send("INVITE", alice.e2ae_offer(fingerprint=False))
        self.assertEqual(caller.failure().status, 503)
        self.assertTrue(carol.got_nothing("INVITE"))
        self.assertEqual(self.tap.of("delete"), [])
        converse(self, alice, carol)

    def test_a_body_that_cannot_be_read_does_not_pass(self):
        alice, carol = self.registered("alice", MEDIASEC), self.core()
        for name in ("Content-Encoding", "e"):
            call = carol.invite(alice.aor, carol.plain_sdp(), [(name, "gzip")])
            self.assertEqual(call.failure().status, 415)
        self.assertTrue(alice.got_nothing("INVITE"))

    def test_what_stands_behind_a_nul_does_not_pass(self):
        alice, carol = self.registered("alice", MEDIASEC), self.core()
        hidden = carol.plain_sdp().replace("s=-", "s=\0-")
        call = carol.invite(alice.aor, hidden)
        self.assertEqual(self.invite_or_failure(call, alice).status, 415)
        caller = carol.invite(alice.aor, carol.plain_sdp())
        invite = alice.request("INVITE")
        callee = alice.accept(invite, alice.plain_sdp("active").replace("s=-", "s=\0-"))
        answer = caller.response()
        self.assertEqual((answer.status, answer.body), (200, ""))
        caller.ack()
        alice.request("ACK")
        self.both_byes(caller, callee)
        self.no_calls()

    def test_what_a_refusal_says_of_a_ues_media_is_for_nobody(self):
        alice, carol = self.registered("alice", MEDIASEC), self.core()
        caller = carol.invite(alice.aor, carol.plain_sdp())
        alice.answer(alice.request("INVITE"), 488, alice.plain_sdp(), tag="r")
        answer = caller.failure()
        self.assertEqual((answer.status, answer.body), (488, ""))

    def test_tls_refused_is_the_callers_488(self):
        alice, carol = self.registered("alice", MEDIASEC), self.core()
        caller = carol.invite(alice.aor, carol.plain_sdp())
        alice.answer(alice.request("INVITE"), 488, tag="t")
        self.assertEqual(caller.failure().status, 488)
        alice.request("ACK")
        self.assertTrue(alice.got_nothing("INVITE"))
        self.no_calls()


class ClearAllowed(Calls):
    settings = ("ALLOW_CLEAR",)

    def test_tls_refused_is_tried_again_in_clear(self):
        alice, carol = self.registered("alice", MEDIASEC), self.core()
        caller = carol.invite(alice.aor, carol.plain_sdp())
        first = alice.request("INVITE")
        self.assertEqual(p.media(first.body)[2], "TCP/TLS/MSRP")
        alice.answer(first, 488, tag="no")
        second = alice.request("INVITE")
        self.assertEqual(p.media(second.body)[2], "TCP/MSRP")
        alice.accept(second, alice.plain_sdp("active"))
        answer = caller.response()
        self.assertEqual(answer.status, 200)
        caller.ack()
        with socket.create_connection(p.media(second.body)[:2], p.PATIENCE) as sock:
            # Two ends without CEMA: each is shown the gateway's path.
            sock.sendall(p.send_frame("a0000001", p.attribute(second.body, "path"), alice.path, b"in clear"))
            frame = p.send_frame("a0000001", carol.path, p.attribute(answer.body, "path"), b"in clear")
            carol.listener.accept()
            self.assertEqual(carol.listener.read(len(frame)), frame)

    def test_behind_a_nat_as_well(self):
        alice = self.registered("alice", MEDIASEC, shown="10.11.12.13:5060")
        carol = self.core()
        caller = carol.invite(alice.aor, carol.plain_sdp("actpass"))
        alice.answer(alice.request("INVITE"), 488, tag="no")
        second = alice.request("INVITE")
        self.assertEqual((p.media(second.body)[2], p.attribute(second.body, "setup")), ("TCP/MSRP", "passive"))
        alice.answer(second, 486, tag="busy")
        self.assertEqual(caller.failure().status, 486)
        self.no_calls()

    def test_only_the_branch_that_refused_is_tried_again(self):
        secure, clear, carol = self.registered("alice", MEDIASEC), self.registered("alice"), self.core()
        caller = carol.invite(secure.aor, carol.plain_sdp())
        clear.answer(clear.request("INVITE"), 180, tag="l")
        self.assertEqual(caller.response(final=False).status, 180)
        secure.answer(secure.request("INVITE"), 415, tag="no")
        second = secure.request("INVITE")
        self.assertEqual(p.media(second.body)[2], "TCP/MSRP")
        secure.accept(second, secure.plain_sdp("active"))
        answer = caller.response()
        self.assertNotEqual(message_only(answer.body), 0)
        caller.ack()
        clear.request("CANCEL")
        self.assertTrue(clear.got_nothing("INVITE"))

    def test_another_refusal_is_final(self):
        alice, carol = self.registered("alice", MEDIASEC), self.core()
        caller = carol.invite(alice.aor, carol.plain_sdp())
        alice.answer(alice.request("INVITE"), 603, tag="no")
        self.assertEqual(caller.failure().status, 603)
        alice.request("ACK")
        self.assertTrue(alice.got_nothing("INVITE"))

    def test_clear_refused_as_well_is_the_callers_488(self):
        alice, carol = self.registered("alice", MEDIASEC), self.core()
        caller = carol.invite(alice.aor, carol.plain_sdp())
        for _ in range(2):
            alice.answer(alice.request("INVITE"), 488, tag=sip.token("no"))
        self.assertEqual(caller.failure().status, 488)


class UnregisteredRefused(Calls):
    settings = ("REFUSE_UNREGISTERED_E2AE",)

    def test_asking_for_e2ae_without_having_registered_it_is_488(self):
        alice = self.registered("alice")
        carol = self.core()
        self.assertEqual(alice.invite("sip:carol@elsewhere.example", alice.e2ae_offer()).failure().status, 488)
        self.assertTrue(carol.got_nothing("INVITE"))


class PosternDies(Calls):
    ng_timeout = 300

    def start_kamailio(self, _):
        super().start_kamailio(self.gateway.ng_address)  # no tap: a dead port must look dead

    def test_fails_closed_and_comes_back(self):
        alice, carol = self.registered("alice", MEDIASEC), self.core()
        self.to_ue(alice, carol)
        ng_port = self.gateway.ng_address[1]
        self.gateway.kill()
        self.assertEqual(carol.invite(alice.aor, carol.plain_sdp()).failure().status, 503)
        self.assertTrue(alice.got_nothing("INVITE"))
        self.gateway = self.postern(ng_port=ng_port)
        deadline = time.monotonic() + p.PATIENCE
        while True:
            caller = carol.invite(alice.aor, carol.plain_sdp())
            invite = self.invite_or_failure(caller, alice)
            if not invite.status:
                break
            self.assertEqual(invite.status, 503)
            self.assertLess(time.monotonic(), deadline, "Kamailio never asked Postern again")
            select.select([], [], [], 0.1)
        alice.accept(invite, alice.tls_sdp("active"))
        self.assertEqual(caller.response().status, 200)
        caller.ack()
        alice.tls_connect(invite.body)
        converse(self, alice, carol)

    def test_between_offer_and_answer(self):
        alice, carol = self.registered("alice", MEDIASEC), self.core()
        caller = carol.invite(alice.aor, carol.plain_sdp())
        invite = alice.request("INVITE")
        self.gateway.kill()
        callee = alice.accept(invite, alice.tls_sdp("active"))
        answer = caller.response()
        self.assertEqual(message_only(answer.body), 0)
        caller.ack()
        self.both_byes(caller, callee)

    def test_a_reinvite_is_refused_and_the_dialog_lives(self):
        alice, carol = self.registered("alice", MEDIASEC), self.core()
        caller, callee = self.to_ue(alice, carol)
        self.gateway.kill()
        caller.send("INVITE", carol.plain_sdp())
        self.assertEqual(caller.failure().status, 503)
        self.assertTrue(alice.got_nothing("INVITE") and alice.got_nothing("BYE"))


class LostBearers(Calls):
    def test_a_released_call_gets_a_bye_on_both_sides(self):
        alice, carol = self.registered("alice", MEDIASEC), self.core()
        caller, callee = self.from_ue(alice, carol)
        self.post(self.event(caller, callee))
        self.both_byes(caller, callee)

    def test_whichever_side_the_tags_are_told_from(self):
        alice, carol = self.registered("alice", MEDIASEC), self.core()
        caller, callee = self.from_ue(alice, carol)
        event = self.event(caller, callee)
        self.post({**event, "from-tag": event["to-tag"], "to-tag": event["from-tag"]})
        self.both_byes(caller, callee)

    def test_behind_a_nat_the_bye_finds_the_ue(self):
        alice = self.registered("alice", MEDIASEC, shown="10.11.12.13:5060")
        carol = self.core()
        caller, callee = self.to_ue(alice, carol)
        self.post(self.event(caller, callee))
        self.both_byes(caller, callee)
        caller, callee = self.from_ue(alice, carol)
        self.post(self.event(caller, callee))
        self.both_byes(caller, callee)

    def test_other_media_keep_the_dialog(self):
        alice, carol = self.registered("alice", MEDIASEC), self.core()
        caller, callee = self.from_ue(alice, carol)
        self.post(self.event(caller, callee, **{"other-media": 1}))
        self.post({"event": "something-else", "call-id": caller.call_id})
        caller.send("BYE")
        bye = callee.bye_comes()
        self.assertEqual(bye.tag("From"), caller.local_tag)  # the caller's, not Kamailio's own
        self.assertTrue(alice.got_nothing("BYE"))

    def test_nonsense_does_no_harm(self):
        alice, carol = self.registered("alice", MEDIASEC), self.core()
        caller, callee = self.from_ue(alice, carol)
        self.post(b"this is no JSON", 400)
        self.post({"event": "released", "call-id": "unknown", "from-tag": "a", "to-tag": "b"})
        self.post(self.event(caller, callee), 404, path="/elsewhere")
        self.post(self.event(caller, callee), 403, port=self.kamailio.port)  # SIP's, where anybody may come from
        self.post({**self.event(caller, callee), "from-tag": "another"})
        caller.send("BYE")
        callee.bye_comes()


class BearersReallyLost(Calls):
    """The same with Postern itself as the one who says so (controller.events)."""
    postern_config = '[controller]\nevents = "http://127.0.0.1:EVENTS_PORT/postern"\n'

    def drop(self, alice, carol):
        """The UE ends its connection, and the other end follows."""
        alice.tls.close()
        self.assertTrue(carol.listener.at_end())
        carol.listener.sock.close()

    def test_a_ue_that_has_called_drops_its_connection(self):
        alice, carol = self.registered("alice", MEDIASEC), self.core()
        caller, callee = self.from_ue(alice, carol)
        alice.tls_connect(caller.answer)
        converse(self, alice, carol)
        self.drop(alice, carol)
        self.both_byes(caller, callee)
        self.no_calls()

    def test_a_ue_that_was_called_drops_its_connection(self):
        alice, carol = self.registered("alice", MEDIASEC), self.core()
        caller, callee = self.to_ue(alice, carol)
        alice.tls_connect(callee.offer)
        converse(self, alice, carol)
        self.drop(alice, carol)
        self.both_byes(caller, callee)
        self.no_calls()

    def test_before_the_call_is_answered_both_hear_of_it_then(self):
        alice, carol = self.registered("alice", MEDIASEC), self.core()
        caller = carol.invite(alice.aor, carol.plain_sdp())
        invite = alice.request("INVITE")
        callee = alice.accept(invite, alice.tls_sdp("active"), status=183)
        self.assertEqual(caller.response(final=False).status, 183)
        alice.tls_connect(invite.body)
        converse(self, alice, carol)
        self.drop(alice, carol)
        self.kamailio.wait_log(f"event=postern_released call_id={caller.call_id}")
        alice.answer(invite, 200, alice.tls_sdp("active"), tag=callee.local_tag)
        self.assertEqual(message_only(caller.response().body), 0)
        caller.ack()
        alice.request("ACK")
        self.both_byes(caller, callee)
        self.no_calls()

    def test_with_audio_in_the_session_the_dialog_goes_on(self):
        alice, carol = self.registered("alice", MEDIASEC), self.core()
        audio = "\r\n".join(AUDIO) + "\r\n"
        caller = carol.invite(alice.aor, carol.plain_sdp() + audio)
        invite = alice.request("INVITE")
        callee = alice.accept(invite, alice.tls_sdp("active") + audio)
        caller.response()
        caller.ack()
        alice.request("ACK")
        alice.tls_connect(invite.body)
        converse(self, alice, carol)
        self.drop(alice, carol)
        self.kamailio.wait_log(f"event=postern_released call_id={caller.call_id}")
        caller.send("BYE")
        self.assertEqual(callee.bye_comes().tag("From"), caller.local_tag)  # the caller's, not Kamailio's own
        self.assertTrue(carol.got_nothing("BYE"))


if __name__ == "__main__":
    unittest.main()
