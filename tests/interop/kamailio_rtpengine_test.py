"""The shipped kamailio.cfg with Debian's rtpengine for the other media."""
import re
import unittest

import postern as p
import proxies
from kamailio_case import MEDIASEC, AUDIO, message_only, converse, Calls


class WithRtpengine(Calls):
    def start_kamailio(self, ng_address):
        self.start_rtpengine()
        self.settings = ("WITH_RTPENGINE", f'RTPENGINE="2 == udp:127.0.0.1:{self.audio_tap.address[1]}"')
        super().start_kamailio(ng_address)

    def start_rtpengine(self):
        self.rtpengine = proxies.Rtpengine()
        self.stack.callback(self.rtpengine.stop)
        self.audio_tap = proxies.Tap(("127.0.0.1", self.rtpengine.port))
        self.stack.callback(self.audio_tap.close)

    def with_audio(self, body):
        return body + "\r\n".join(AUDIO) + "\r\n"

    def audio_port(self, body):
        return int(re.search(r"m=audio (\d+)", body).group(1))

    def test_each_section_goes_through_its_own_gateway(self):
        alice, carol = self.registered("alice", MEDIASEC), self.core()
        caller = carol.invite(alice.aor, self.with_audio(carol.plain_sdp()))
        invite = alice.request("INVITE")
        self.assertIn(self.audio_port(invite.body), self.rtpengine.media_ports)
        self.assertEqual(p.media(invite.body)[2], "TCP/TLS/MSRP")
        callee = alice.accept(invite, self.with_audio(alice.tls_sdp("active")))
        answer = caller.response()
        self.assertIn(self.audio_port(answer.body), self.rtpengine.media_ports)
        self.assertEqual(p.media(answer.body)[2], "TCP/MSRP")
        caller.ack()
        alice.request("ACK")
        alice.tls_connect(invite.body)
        converse(self, alice, carol)
        callee.send("BYE")
        caller.bye_comes()
        self.no_calls()
        self.assertEqual([c["call-id"] for c in self.audio_tap.of("delete")], [caller.call_id])

    def test_reinvites_go_through_both_again(self):
        alice, carol = self.registered("alice", MEDIASEC), self.core()
        caller = carol.invite(alice.aor, self.with_audio(carol.plain_sdp()))
        invite = alice.request("INVITE")
        callee = alice.accept(invite, self.with_audio(alice.tls_sdp("active")))
        answer = caller.response()
        caller.ack()
        alice.request("ACK")
        alice.tls_connect(invite.body)
        for sender, receiver, other, offer, reply in (
                (caller, alice, carol, carol.plain_sdp(), alice.tls_sdp("active")),
                (callee, carol, alice, alice.tls_sdp("active", ["a=3ge2ae:requested"]), carol.plain_sdp())):
            cseq = sender.send("INVITE", self.with_audio(offer))
            again = receiver.request("INVITE", caller.call_id)
            first = invite if receiver is alice else answer
            self.assertEqual(self.audio_port(again.body), self.audio_port(first.body))
            receiver.answer(again, 200, self.with_audio(reply))
            second = other.response(caller.call_id, cseq)
            self.assertIn(self.audio_port(second.body), self.rtpengine.media_ports)
            self.assertNotEqual(message_only(second.body), 0)
            sender.ack()
            receiver.request("ACK")
            converse(self, alice, carol)

    def test_without_rtpengine_nothing_stays_reserved(self):
        alice, carol = self.registered("alice", MEDIASEC), self.core()
        self.rtpengine.stop()
        call = carol.invite(alice.aor, self.with_audio(carol.plain_sdp()))
        self.assertEqual(self.invite_or_failure(call, alice).status, 503)
        self.no_calls()

    def test_kamailios_own_bye_frees_the_audio_too(self):
        alice, carol = self.registered("alice", MEDIASEC), self.core()
        caller = carol.invite(alice.aor, self.with_audio(carol.plain_sdp()))
        callee = alice.accept(alice.request("INVITE"), self.with_audio(alice.tls_sdp("active")))
        caller.response()
        caller.ack()
        alice.request("ACK")
        self.post(self.event(caller, callee))
        self.both_byes(caller, callee)
        self.assertEqual({c["call-id"] for c in self.audio_tap.of("delete")}, {caller.call_id})

    def test_audio_alone_is_rtpengines_business_only(self):
        alice, carol = self.registered("alice", MEDIASEC), self.core()
        head = "\r\n".join(["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0", ""])
        caller = carol.invite(alice.aor, self.with_audio(head))
        callee = alice.accept(alice.request("INVITE"), self.with_audio(head))
        self.assertIn(self.audio_port(caller.response().body), self.rtpengine.media_ports)
        caller.ack()
        alice.request("ACK")
        callee.send("BYE")
        caller.bye_comes()
        self.assertEqual([c["call-id"] for c in self.audio_tap.of("delete")], [caller.call_id])
        self.assertEqual(self.tap.of("offer") + self.tap.of("answer"), [])

    def test_a_refused_message_section_leaves_the_audio(self):
        alice, carol = self.registered("alice", MEDIASEC), self.core()
        caller = carol.invite(alice.aor, self.with_audio(carol.plain_sdp()))
        alice.accept(alice.request("INVITE"), self.with_audio(alice.tls_sdp("active", fingerprint=False)))
        answer = caller.response()
        self.assertEqual(message_only(answer.body), 0)
        self.assertIn(self.audio_port(answer.body), self.rtpengine.media_ports)
        caller.ack()
        alice.request("ACK")
        self.assertTrue(alice.got_nothing("BYE") and carol.got_nothing("BYE"))


if __name__ == "__main__":
    unittest.main()
