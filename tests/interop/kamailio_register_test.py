"""The shipped kamailio.cfg: registration with msrp-tls;mediasec, here and at a registrar behind it."""
import re
import select
import subprocess
import time
import unittest

import postern as p
import sip
from kamailio_case import MEDIASEC, CORE, converse, KamailioCase


class Registration(KamailioCase):
    def call_to_alice(self):
        core = self.core()
        return core.invite("sip:alice@example.org", core.plain_sdp())

    def transport(self, ue):
        """What a call to alice is offered with; she is busy."""
        call = self.call_to_alice()
        invite = ue.request("INVITE", call.call_id)
        ue.answer(invite, 486, tag="busy")
        self.assertEqual(call.failure().status, 486)
        ue.request("ACK", call.call_id)
        return p.media(invite.body)[2]

    def test_mediasec_is_answered_and_kept_however_it_is_written(self):
        ue = self.ue("alice")
        for headers in ([MEDIASEC], [("Security-Client", "ipsec-3gpp;alg=hmac-sha-1-96, MSRP-TLS ; MediaSec")],
                        [("Security-Client", "sdes-srtp;mediasec"), ("security-client", "msrp-tls;mediasec;q=0.1")],
                        [("Security-Client", "sdes-srtp;mediasec,msrp-tls;mediasec")],
                        [("Security-Client", "msrp-tls\r\n ;mediasec")],
                        [("Security-Client", "msrp-tls;\r\n\tmediasec,\r\n sdes-srtp;mediasec")],
                        [("Security-Client", ", ".join(["x"] * 300) + ", msrp-tls;mediasec")]):
            with self.subTest(headers):
                answer = ue.register(*headers)
                self.assertEqual(answer.status, 200)
                self.assertEqual(answer.all("Security-Server"), ["msrp-tls;mediasec"])
                self.assertEqual(self.transport(ue), "TCP/TLS/MSRP")

    def test_without_msrp_tls_there_is_no_e2ae(self):
        ue = self.ue("alice")
        for headers, answered in (([], []), ([("Security-Client", "msrp-tls")], []),
                                  ([("Security-Client", "xmsrp-tls;mediasec")], ["msrp-tls;mediasec"]),
                                  ([("Security-Client", "msrp-tls;mediasecure")], []),
                                  ([("Security-Client", "sdes-srtp;mediasec")], ["msrp-tls;mediasec"])):
            with self.subTest(headers):
                answer = ue.register(*headers)
                self.assertEqual(answer.status, 200)
                self.assertEqual(answer.all("Security-Server"), answered)
                self.assertEqual(self.transport(ue), "TCP/MSRP")

    def test_security_verify_must_repeat_what_was_sent(self):
        ue = self.registered("alice", MEDIASEC)
        good = [("Security-Verify", "msrp-tls;mediasec"), ("Security-Verify", "MSRP-TLS;q=0.3; mediasec"),
                ("Security-Verify", "ipsec-3gpp;q=0.5;alg=hmac-sha-1-96, msrp-tls;mediasec"),
                ("Security-Verify", "ipsec-3gpp;q=0.5")]
        good.append(("Security-Verify", "msrp-tls\r\n ;\r\n mediasec"))
        bad = [("Security-Verify", "sdes-srtp;mediasec"), ("Security-Verify", "sdes-srtp;mediasec=1"), ("Security-Verify", "msrp-tls;mediasec, sdes-srtp;mediasec")]
        for header in good:
            with self.subTest(header):
                self.assertEqual(ue.register(MEDIASEC, header).status, 200)
        for header in bad:
            for method, uri in (("REGISTER", "sip:example.org"), ("INVITE", "sip:carol@elsewhere.example")):
                with self.subTest(header, method=method):
                    answer = ue.ask(method, uri, [header], to=ue.aor if method == "REGISTER" else None)
                    self.assertEqual(answer.status, 494)
                    self.assertEqual(answer["Security-Server"], "msrp-tls;mediasec")

    def test_the_next_register_replaces_the_indication(self):
        ue = self.registered("alice", MEDIASEC)
        self.assertEqual(self.transport(ue), "TCP/TLS/MSRP")
        ue.register(("Security-Verify", "msrp-tls;mediasec"))  # a refresh as Asterisk sends it
        self.assertEqual(self.transport(ue), "TCP/TLS/MSRP")
        ue.register()
        self.assertEqual(self.transport(ue), "TCP/MSRP")

    def test_deregistration_ends_it(self):
        ue = self.registered("alice", MEDIASEC)
        self.assertEqual(ue.register(MEDIASEC, expires=0).status, 200)
        self.assertEqual(self.call_to_alice().failure().status, 404)
        ue.register()  # and what comes after begins anew
        self.assertEqual(self.transport(ue), "TCP/MSRP")

    def test_another_domains_users_do_not_register_here(self):
        ue = self.ue("alice", domain="elsewhere.example")
        self.assertEqual(ue.register(MEDIASEC).status, 404)

    def test_who_is_not_registered_may_not_call(self):
        ue = self.ue("alice")
        self.assertEqual(ue.invite("sip:carol@elsewhere.example", ue.e2ae_offer()).failure().status, 403)
        other = self.registered("alice", MEDIASEC)
        self.assertNotEqual(other.port, ue.port)
        self.assertEqual(ue.invite("sip:carol@elsewhere.example", ue.e2ae_offer()).failure().status, 403)


class ShortRegistration(KamailioCase):
    settings = ("MIN_EXPIRES=1",)

    def test_expiry_ends_it(self):
        ue = self.ue("alice")
        self.assertEqual(ue.register(MEDIASEC, expires=1).status, 200)
        core, deadline = self.core(), time.monotonic() + p.PATIENCE
        while True:
            call = core.invite(ue.aor, core.plain_sdp())
            got = self.invite_or_failure(call, ue)
            if got.status:
                self.assertEqual(got.status, 404)
                return
            ue.answer(got, 486, tag="busy")
            self.assertEqual(call.failure().status, 486)
            self.assertLess(time.monotonic(), deadline, "the registration never expired")
            select.select([], [], [], 0.1)


class Authentication(KamailioCase):
    settings = ("WITH_AUTH",)

    def test_the_challenge_carries_security_server_and_a_password_lets_in(self):
        subprocess.run(["kamcmd", "-s", f"unix:{self.kamailio.folder}/ctl", "htable.sets", "subscriber",
                        "alice@example.org", "wonderland"], check=True, capture_output=True, timeout=p.PATIENCE)
        ue = self.ue("alice")
        challenge = ue.register(MEDIASEC)
        self.assertEqual(challenge.status, 401)
        self.assertEqual(challenge.all("Security-Server"), ["msrp-tls;mediasec"])
        for password, status in (("queen", 401), ("wonderland", 200)):
            answer = ue.register(MEDIASEC, ("Security-Verify", "msrp-tls;mediasec"),
                                 ("Authorization", self.digest(challenge["WWW-Authenticate"], "alice", password)))
            self.assertEqual(answer.status, status)

    def digest(self, challenge, user, password):
        fields = dict(re.findall(r'(\w+)="([^"]*)"', challenge))
        md5 = lambda text: p.hashlib.md5(text.encode()).hexdigest()
        response = md5(f"{md5(':'.join((user, fields['realm'], password)))}:{fields['nonce']}:"
                       f"{md5('REGISTER:sip:example.org')}")
        return (f'Digest username="{user}", realm="{fields["realm"]}", nonce="{fields["nonce"]}", '
                f'uri="sip:example.org", response="{response}"')


class Forwarding(KamailioCase):
    """The registrar is behind the proxy: a Python one, that keeps the Path."""

    def start_kamailio(self, ng_address):
        sock = sip.bound(CORE)
        self.settings = ("FORWARD_REGISTER", f'CORE_URI="sip:{CORE}:{sock.getsockname()[1]}"')
        super().start_kamailio(ng_address)
        self.scscf = self.ue("scscf", host=CORE, sock=sock)

    def register(self, ue, *headers, status=200):
        """Registers at the registrar behind the proxy; what it got, and what the UE got."""
        call_id, _, cseq, _ = ue.plain("REGISTER", "sip:example.org", [*headers, ("Expires", 600)], to=ue.aor)
        got = self.scscf.request("REGISTER", call_id)
        self.scscf.answer(got, status, tag="r", headers=[("Security-Server", "ipsec-3gpp;q=0.1")])
        return got, ue.response(call_id, cseq)

    def test_nothing_of_mediasec_goes_on_and_the_rest_does(self):
        ue = self.ue("alice")
        got, answer = self.register(
            ue, ("Security-Client", "sdes-srtp;mediasec, ipsec-3gpp;alg=hmac-sha-1-96"), MEDIASEC,
            ("Security-Verify", "msrp-tls;mediasec, ipsec-3gpp;alg=hmac-sha-1-96"), ("Require", "mediasec"),
            ("Proxy-Require", "sec-agree, mediasec"), ("Supported", "path, mediasec"), status=401)
        self.assertEqual(got.all("Security-Client"), ["ipsec-3gpp;alg=hmac-sha-1-96"])
        self.assertEqual(got.all("Security-Verify"), ["ipsec-3gpp;alg=hmac-sha-1-96"])
        self.assertEqual(got.all("Proxy-Require"), ["sec-agree"])
        self.assertNotIn("mediasec", repr(got))
        self.assertEqual(got["Require"], "")
        self.assertEqual(answer.status, 401)
        self.assertEqual(sorted(answer.all("Security-Server")), ["ipsec-3gpp;q=0.1", "msrp-tls;mediasec"])

    def call(self, ue, path):
        call = sip.Dialog(self.scscf, sip.token("call-"))
        call.local, call.remote, call.target = f"<{self.scscf.aor}>;tag=x", f"<{ue.aor}>", ue.contact
        call.routes = [path]
        call.send("INVITE", self.scscf.plain_sdp("actpass"))
        return call

    def test_the_path_says_what_the_ue_can_do_when_a_call_comes_back(self):
        for headers, transport in (([MEDIASEC], "TCP/TLS/MSRP"), ([], "TCP/MSRP")):
            with self.subTest(transport):
                ue = self.ue("alice")
                got, answer = self.register(ue, *headers)
                self.assertEqual(answer.status, 200)
                call = self.call(ue, got["Path"])
                self.assertEqual(p.media(ue.request("INVITE", call.call_id).body)[2], transport)

    def test_behind_a_nat_the_path_finds_the_ue(self):
        ue = self.ue("alice", shown="10.11.12.13:5060")
        got, _ = self.register(ue, MEDIASEC)
        call = self.call(ue, got["Path"])
        invite = ue.request("INVITE", call.call_id)
        self.assertEqual((p.media(invite.body)[2], p.attribute(invite.body, "setup")), ("TCP/TLS/MSRP", "passive"))

    def test_a_ue_may_not_route_past_the_core(self):
        ue, victim = self.ue("mallory"), self.ue("alice")
        path = f"<sip:ue@127.0.0.1:{self.kamailio.port};lr>"
        ue.plain("INVITE", victim.contact, [("Route", path)], ue.plain_sdp())
        self.assertEqual(self.scscf.request("INVITE")["Route"], "")
        self.assertTrue(victim.got_nothing("INVITE"))

    def test_a_call_from_a_ue_goes_to_the_core_in_clear(self):
        ue = self.ue("alice")
        self.register(ue, MEDIASEC)
        call = ue.invite("sip:carol@elsewhere.example", ue.e2ae_offer(), [("Security-Verify", "msrp-tls;mediasec")])
        invite = self.scscf.request("INVITE")
        self.assertEqual(p.media(invite.body)[2], "TCP/MSRP")
        self.assertEqual(invite["Security-Verify"], "")
        self.scscf.accept(invite, self.scscf.plain_sdp())
        answer = call.response()
        ue.tls_connect(answer.body)
        converse(self, ue, self.scscf)



if __name__ == "__main__":
    unittest.main()
