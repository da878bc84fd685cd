"""The configuration that deploy/kamailio ships, under Debian's Kamailio: registration with mediasec, calls through
Postern with TLS on the UE's side, everything that may go wrong. SIPp, rtpengine and Kamailio we did not write."""
import json
import pathlib
import select
import socket
import ssl
import sys
import time
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
    """The port of the message section; 0 where there is none."""
    return p.media(text)[1] if "m=message" in text else 0


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

    def established(self, caller, ua, body):
        """The call, once `ua` has answered it with that body; (caller's dialog, callee's)."""
        invite = ua.request("INVITE")
        callee = ua.accept(invite, body)
        answer = caller.response()
        self.assertEqual(answer.status, 200)
        caller.ack()
        ua.request("ACK")
        caller.answer, callee.offer = answer.body, invite.body
        return caller, callee

    def to_ue(self, ue, core):
        """From the core to a UE that has registered msrp-tls."""
        return self.established(core.invite(ue.aor, core.plain_sdp()), ue, ue.tls_sdp("active"))

    def from_ue(self, ue, core):
        """From a UE that has registered msrp-tls to the core."""
        return self.established(ue.invite("sip:carol@elsewhere.example", ue.e2ae_offer()), core, core.plain_sdp())


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
