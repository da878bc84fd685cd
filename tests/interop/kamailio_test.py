"""The configuration that deploy/kamailio ships, under Debian's Kamailio: registration with mediasec, calls through
Postern with TLS on the UE's side, everything that may go wrong. SIPp, rtpengine and Kamailio we did not write."""
import json
import pathlib
import re
import select
import socket
import ssl
import subprocess
import sys
import time
import unittest
import urllib.error
import urllib.request

import postern as p
import proxies
import sip

MEDIASEC = ("Security-Client", "msrp-tls;mediasec")
CORE = "127.0.0.2"  # Kamailio's CORE_NETS
SIPP = pathlib.Path(__file__).parent / "sipp"
AUDIO = ["m=audio 40000 RTP/AVP 0", "a=rtpmap:0 PCMU/8000", "a=sendrecv"]


def message_only(text):
    """The port of the message section."""
    return p.media(text)[1]


class Ue(sip.Ua):
    """A user agent with media: MSRP over TLS with a certificate, or over TCP where it listens."""

    def __init__(self, case, user, host="127.0.0.1", **more):
        super().__init__(case.kamailio.address, user, host=host, **more)
        self.case, self.certificate = case, case.certificate(sip.token(user))
        case.stack.callback(self.close)
        self.session = sip.token("s")
        self.path = f"msrps://{host}:9/{self.session};tcp"
        self.listener = None

    def tls_sdp(self, setup="actpass", extra=(), fingerprint=True):
        attributes = [f"a=setup:{setup}", "a=msrp-cema", *extra]
        if fingerprint:
            attributes.append(f"a=fingerprint:{self.certificate.fingerprint()}")
        return p.sdp(9, "TCP/TLS/MSRP", self.path, attributes, host=self.address.partition(":")[0])

    def e2ae_offer(self, **more):
        return self.tls_sdp("active", ["a=3ge2ae:requested"], **more)

    def plain_sdp(self, setup="passive", extra=()):
        host = self.sock.getsockname()[0]
        if not self.listener:
            self.listener = self.case.peer()
            self.listener_port = self.listener.listen(host)
        self.path = f"msrp://{host}:{self.listener_port}/{self.session};tcp"
        return p.sdp(self.listener_port, "TCP/MSRP", self.path, [f"a=setup:{setup}", "a=msrp-cema", *extra], host=host)

    def tls_connect(self, sdp):
        """Connects as the SDP of the proxy says, shows our certificate, demands the one that its fingerprint names."""
        host, port, proto = p.media(sdp)
        assert proto == "TCP/TLS/MSRP", sdp
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.load_cert_chain(self.certificate.cert, self.certificate.key)
        sock = socket.create_connection((host, port), p.PATIENCE)
        self.case.stack.callback(sock.close)
        self.tls = context.wrap_socket(sock)
        self.case.stack.callback(self.tls.close)
        shown = p.hashlib.sha256(self.tls.getpeercert(binary_form=True)).hexdigest().upper()
        named = [line.split()[-1].replace(":", "") for line in sdp.splitlines()
                 if line.lower().startswith("a=fingerprint:sha-256 ")]
        self.case.assertIn(shown, named, sdp)

    def read(self, size):
        data = b""
        while len(data) < size:
            piece = self.tls.recv(size - len(data))
            if not piece:
                raise AssertionError(f"the TLS stream ended after {data!r}")
            data += piece
        return data


def converse(case, secure, plain):
    """A SEND and its 200 each way, octet for octet: one end over TLS, the other over TCP where it listens."""
    for tid, text in (("a0000001", b"across the gateway"), ("a0000002", b"and once more")):
        frame = p.send_frame(tid, plain.path, secure.path, text, message_id=tid)
        secure.tls.sendall(frame)
        if not plain.listener.sock:
            plain.listener.accept()
        case.assertEqual(plain.listener.read(len(frame)), frame)
        reply = p.response_frame(tid, secure.path, plain.path)
        plain.listener.sock.sendall(reply)
        case.assertEqual(secure.read(len(reply)), reply)
    back = p.send_frame("b0000001", secure.path, plain.path, b"and back", message_id="b1")
    plain.listener.sock.sendall(back)
    case.assertEqual(secure.read(len(back)), back)


class KamailioCase(p.Case):
    settings = ()
    ng_timeout = 2000  # milliseconds: a sanitizer's Postern on a busy machine is slow, not dead
    postern_config = ""

    def setUp(self):
        super().setUp()
        (self.events_port,) = proxies.free_ports()
        self.gateway = self.postern(config=self.postern_config.replace("EVENTS_PORT", str(self.events_port)))
        self.tap = proxies.Tap(self.gateway.ng_address)
        self.stack.callback(self.tap.close)
        self.start_kamailio(self.tap.address)

    def run(self, result=None):
        bad = len(result.failures) + len(result.errors)
        super().run(result)
        if len(result.failures) + len(result.errors) > bad and hasattr(self, "kamailio"):
            print("\n".join(line for line in self.kamailio.log_lines if "INFO: <core>" not in line), file=sys.stderr)

    def start_kamailio(self, ng_address):
        self.kamailio = proxies.Kamailio(ng_address, *self.settings, events_port=self.events_port,
                                         ng_timeout=self.ng_timeout)
        self.stack.callback(self.kamailio.stop)

    def ue(self, user, **more):
        return Ue(self, user, **more)

    def registered(self, user, *headers, **more):
        ue = self.ue(user, **more)
        self.assertEqual(ue.register(*headers).status, 200)
        return ue

    def core(self, user="carol"):
        return self.ue(user, host=CORE)

    def no_calls(self):
        """Postern has nothing left."""
        deadline = time.monotonic() + p.PATIENCE
        while json.loads(self.gateway.get("/v1/calls")[1])["calls"]:
            self.assertLess(time.monotonic(), deadline, self.gateway.get("/v1/calls"))
            select.select([], [], [], 0.02)

    def invite_or_failure(self, call, callee):
        """What comes first: the INVITE at the callee, or the caller's failure response (acknowledged)."""
        deadline = time.monotonic() + p.PATIENCE
        while time.monotonic() < deadline:
            for message in callee.inbox:
                if message.method == "INVITE" and not message.status and message["Call-ID"] == call.call_id:
                    callee.inbox.remove(message)
                    return message
            for message in call.ua.inbox:
                if message["Call-ID"] == call.call_id and (message.status or 0) >= 300:
                    return call.failure()
            for ua in (callee, call.ua):
                if select.select([ua.sock], [], [], 0.01)[0]:
                    ua.receive()
        raise AssertionError("neither an INVITE nor a failure came")

    def both_byes(self, *dialogs):
        for dialog in dialogs:
            dialog.bye_comes()

    def to_ue(self, ue, core):
        """An established call from the core to a UE that has registered msrp-tls; (caller's dialog, callee's)."""
        caller = core.invite(ue.aor, core.plain_sdp())
        invite = ue.request("INVITE")
        callee = ue.accept(invite, ue.tls_sdp("active"))
        answer = caller.response()
        self.assertEqual(answer.status, 200)
        caller.ack()
        ue.request("ACK")
        caller.answer, callee.offer = answer.body, invite.body
        return caller, callee

    def from_ue(self, ue, core):
        """An established call from a UE that has registered msrp-tls to the core; (caller's dialog, callee's)."""
        caller = ue.invite("sip:carol@elsewhere.example", ue.e2ae_offer())
        invite = core.request("INVITE")
        callee = core.accept(invite, core.plain_sdp())
        answer = caller.response()
        self.assertEqual(answer.status, 200)
        caller.ack()
        core.request("ACK")
        caller.answer, callee.offer = answer.body, invite.body
        return caller, callee


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
                        [("Security-Client", "sdes-srtp;mediasec,msrp-tls;mediasec")]):
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
        bad = [("Security-Verify", "sdes-srtp;mediasec"), ("Security-Verify", "msrp-tls;mediasec, sdes-srtp;mediasec")]
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
            ("Proxy-Require", "sec-agree, mediasec"), status=401)
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


class Calls(KamailioCase):
    def start_kamailio(self, ng_address):
        self.core_socket = sip.bound(CORE)  # one core a test: Kamailio must know its port before it starts
        self.stack.callback(self.core_socket.close)
        self.settings = (*self.settings, f'CORE_URI="sip:{CORE}:{self.core_socket.getsockname()[1]}"')
        super().start_kamailio(ng_address)

    def core(self, user="carol"):
        return self.ue(user, host=CORE, sock=self.core_socket)

    def post(self, event, expected=200, path="/postern", port=None):
        url = f"http://127.0.0.1:{port or self.kamailio.events_port}{path}"
        body = event if isinstance(event, bytes) else json.dumps(event).encode()
        request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=p.PATIENCE) as answer:
                status = answer.status
        except urllib.error.HTTPError as error:
            status = error.code
        self.assertEqual(status, expected)

    def event(self, caller, callee, **more):
        return {"event": "released", "call-id": caller.call_id, "from-tag": caller.local_tag,
                "to-tag": callee.local_tag, "cause": "peer_closed", "other-media": 0, **more}


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


class Forking(Calls):
    """Needs a Postern that tells offers and answers apart by via-branch."""

    def two_contacts(self):
        secure, clear = self.registered("alice", MEDIASEC), self.registered("alice")
        carol = self.core()
        caller = carol.invite(secure.aor, carol.plain_sdp())
        invites = secure.request("INVITE"), clear.request("INVITE")
        self.assertEqual([p.media(i.body)[2] for i in invites], ["TCP/TLS/MSRP", "TCP/MSRP"])
        self.assertNotEqual(p.media(invites[0].body)[1], p.media(invites[1].body)[1])
        return carol, caller, (secure, clear), invites

    def win(self, winner, loser):
        carol, caller, ues, invites = self.two_contacts()
        answers = ues[0].tls_sdp("active"), ues[1].plain_sdp("active")
        ues[loser].answer(invites[loser], 180, tag="l")  # who has not answered at all is not cancelled (RFC 3261 9.1)
        self.assertEqual(caller.response(final=False).status, 180)
        callee = ues[winner].accept(invites[winner], answers[winner])
        final = caller.response()
        self.assertEqual(p.media(final.body)[2], "TCP/MSRP")
        self.assertNotEqual(message_only(final.body), 0)
        caller.ack()
        ues[winner].request("ACK")
        ues[loser].answer(ues[loser].request("CANCEL"), 200, tag="l")
        ues[loser].answer(invites[loser], 487, tag="l")
        ues[loser].request("ACK")
        deleted = [c.get("via-branch") for c in self.tap.wait_for("delete")]
        self.assertEqual(deleted, [self.tap.of("offer")[loser]["via-branch"]])
        return carol, caller, callee, ues[winner], invites[winner]

    def test_the_contact_with_tls_answers(self):
        carol, caller, callee, secure, invite = self.win(0, 1)
        secure.tls_connect(invite.body)
        converse(self, secure, carol)
        caller.send("BYE")
        callee.bye_comes()
        self.no_calls()

    def test_the_contact_without_answers(self):
        carol, caller, callee, clear, invite = self.win(1, 0)
        with socket.create_connection(p.media(invite.body)[:2], p.PATIENCE) as sock:
            frame = p.send_frame("a0000001", carol.path, clear.path, b"in clear")
            sock.sendall(frame)
            carol.listener.accept()
            self.assertEqual(carol.listener.read(len(frame)), frame)
        callee.send("BYE")
        caller.bye_comes()
        self.no_calls()

    def test_a_contact_that_rings_when_another_has_answered_changes_nothing(self):
        carol, caller, (secure, clear), invites = self.two_contacts()
        secure.accept(invites[0], secure.tls_sdp("active"))
        caller.response()
        caller.ack()
        secure.request("ACK")
        clear.answer(invites[1], 180, tag="l")
        clear.answer(clear.request("CANCEL"), 200, tag="l")  # so the 180 has been seen
        clear.answer(invites[1], 487, tag="l")
        clear.request("ACK")
        caller.send("INVITE", carol.plain_sdp())
        self.assertEqual(p.media(secure.request("INVITE", caller.call_id).body)[2], "TCP/TLS/MSRP")

    def test_one_busy_contact_does_not_end_the_other(self):
        carol, caller, (secure, clear), invites = self.two_contacts()
        clear.answer(invites[1], 486, tag="busy")
        clear.request("ACK")
        secure.accept(invites[0], secure.tls_sdp("active"))
        final = caller.response()
        self.assertNotEqual(message_only(final.body), 0)
        caller.ack()
        secure.tls_connect(invites[0].body)
        converse(self, secure, carol)


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
            frame = p.send_frame("a0000001", carol.path, alice.path, b"in clear")
            sock.sendall(frame)
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


class Sipp(KamailioCase):
    """Plain flows with SIPp as both user agents."""

    def sipp(self, scenario, *args, host="127.0.0.1", port=None):
        port = port or proxies.free_ports(host=host)[0]
        command = ["sipp", "-sf", str(SIPP / scenario), "-i", host, "-m", "1", "-nostdin",
                   "-timeout", f"{int(p.PATIENCE)}s", "-timeout_error", "-trace_err",
                   "-error_file", f"{self.kamailio.folder}/{scenario}.{host}.err",
                   "-p", str(port), *args, f"127.0.0.1:{self.kamailio.port}"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                   cwd=self.kamailio.folder, start_new_session=True)
        self.stack.callback(self.end, process)
        return process

    def end(self, process):
        if process.poll() is None:
            process.kill()
        process.wait()
        process.stdout.close()

    def finished(self, process):
        output = process.communicate(timeout=p.PATIENCE)[0]
        errors = "".join(path.read_text() for path in pathlib.Path(self.kamailio.folder).glob("*.err"))
        self.assertEqual(process.returncode, 0, output[-3000:] + errors + "\n".join(self.kamailio.log_lines[-10:]))

    def test_register_call_bye(self):
        (port,) = proxies.free_ports()
        self.finished(self.sipp("register.xml", "-s", "bob", port=port))
        called = self.sipp("called.xml", port=port)
        self.finished(self.sipp("call.xml", "-s", "bob", host=CORE))
        self.finished(called)
        self.assertEqual([c["command"] for c, _ in self.tap.commands], ["offer", "answer", "delete"])
        self.no_calls()

    def test_register_call_cancel(self):
        (port,) = proxies.free_ports()
        self.finished(self.sipp("register.xml", "-s", "bob", port=port))
        called = self.sipp("called_cancel.xml", port=port)
        self.finished(self.sipp("call_cancel.xml", "-s", "bob", host=CORE))
        self.finished(called)
        self.no_calls()


if __name__ == "__main__":
    unittest.main()
