"""Debian's Kamailio as an MSRP relay (RFC 4976) on the far side of an application-aware call: the far UE authenticates with
it, puts the path that it gets into its SDP, and everything passes Postern and the relay."""
import hashlib
import os
import pathlib
import re
import secrets
import shutil
import socket
import ssl
import tempfile
import unittest

import msrp_peer as m
import msrp_wire as wire
import postern as p
import proxies

CONFIG = pathlib.Path(__file__).parent / "kamailio_relay.cfg"


class Relay(proxies.Daemon):
    def __init__(self, certificate):
        self.folder = tempfile.mkdtemp(prefix="postern-relay-")
        self.port, self.tls_port = proxies.free_ports(2)
        tls = pathlib.Path(self.folder, "tls.cfg")
        common = (f"method = TLSv1.2+\nverify_certificate = no\nrequire_certificate = no\nprivate_key = {certificate.key}\n"
                  f"certificate = {certificate.cert}\n")
        tls.write_text(f"[server:default]\n{common}[client:default]\n{common}")
        settings = [f"LISTEN_TCP=tcp:127.0.0.1:{self.port}", f"LISTEN_TLS=tls:127.0.0.1:{self.tls_port}",
                    f'URI_TCP="msrp://127.0.0.1:{self.port}"', f'URI_TLS="msrps://127.0.0.1:{self.tls_port}"',
                    f'TLS_CONFIG="{tls}"']
        super().__init__(["kamailio", "-f", str(CONFIG), "-DD", "-E", "-m", "32", "-M", "8", "-w", self.folder,
                          "-Y", self.folder, "-P", f"{self.folder}/pid",
                          *(word for setting in settings for word in ("-A", setting))])
        self.wait_until(self.answers, "answering", 10)

    def answers(self):
        try:
            with socket.create_connection(("127.0.0.1", self.tls_port), 1):
                return True
        except OSError:
            return False

    def stop(self):
        super().stop()
        shutil.rmtree(self.folder, ignore_errors=True)


class Client(m.End):
    """A UE behind the relay: its path is the relay's URI and its own, and so is the To-Path of what it sends."""

    def __init__(self, case, relay, scheme):
        super().__init__(case, certificate=case.certificate(secrets.token_hex(4)), listens=False)
        self.relay, self.wanted = relay, scheme
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.load_verify_locations(case.relay_certificate.cert)
        sock = socket.create_connection(("127.0.0.1", relay.tls_port), p.PATIENCE)
        self.uri = f"msrps://127.0.0.1:{sock.getsockname()[1]}/{self.session};tcp"
        m.Connection(context.wrap_socket(sock), self)
        self.use_path = self.authenticate()

    def authenticate(self):
        """RFC 4976 5.1. Kamailio wants the URI in the credentials, too."""
        to = f"msrps://127.0.0.1:{self.relay.tls_port};tcp"
        challenge = self.response(self.request("AUTH", to=to))
        self.case.assertEqual(challenge.word, "401")
        fields = dict(re.findall(r'(\w+)="([^"]*)"', challenge.field("WWW-Authenticate")))
        md5 = lambda *parts: hashlib.md5(":".join(parts).encode()).hexdigest()
        cnonce = secrets.token_hex(8)
        response = md5(md5("ue", fields["realm"], "secret"), fields["nonce"], "00000001", cnonce, "auth", md5("AUTH", to))
        granted = self.response(self.request("AUTH", [
            f'Authorization: Digest username="ue", realm="{fields["realm"]}", nonce="{fields["nonce"]}", uri="{to}", '
            f'qop=auth, nc=00000001, cnonce="{cnonce}", response="{response}"', f"X-Scheme: {self.wanted}"], to=to))
        self.case.assertEqual(granted.word, "200", granted)
        return granted.field("Use-Path")

    def sdp(self, setup, extra=(), path=None, types="text/plain"):
        scheme, host, port, _, _ = wire.uri_parts(self.use_path)
        proto = "TCP/TLS/MSRP" if scheme == "msrps" else "TCP/MSRP"
        return p.sdp(int(port), proto, f"{self.use_path} {self.uri}", [f"a=setup:{setup}", *extra], host=host)

    def learn(self, text, gateway=None):
        self.shown = p.attribute(text, "path")
        self.case.assertNotIn(" ", self.shown)
        self.remote_uri, self.remote_setup = f"{self.use_path} {self.shown}", p.attribute(text, "setup")

    def accept(self):
        pass  # the relay does


class RelayCase(m.AwareCase):
    scheme = "msrp"
    core = ""

    def setUp(self):
        super().setUp()
        self.relay_certificate = self.certificate("relay")
        self.relay = Relay(self.relay_certificate)
        self.stack.callback(self.relay.stop)
        # The certificate of the leg is the relay's, of which the UE's SDP says nothing.
        self.postern_ = self.gateway(tls=", require_fingerprint = false", core=self.core)
        self.near, self.far = self.end(), Client(self, self.relay, self.scheme)

    def run(self, result=None):
        bad = len(result.failures) + len(result.errors)
        super().run(result)
        if len(result.failures) + len(result.errors) > bad and hasattr(self, "relay"):
            print("\n".join(self.relay.log_lines[-20:]))

    def bind(self, *ends):
        """The first SENDs of those that connect, or for whom the relay does."""
        tids = {end: end.send() for end in ends}
        for end in ends:
            self.assertIsNone((self.near if end is self.far else self.far).next().body)
            self.assertEqual(end.response(tids[end]).word, "200")

    def called(self, **flags):
        """The near UE calls the far one, which answers that it waits: the relay does."""
        tls = "tls" if self.scheme == "msrps" else "tcp"
        call = m.Call(self, self.postern_, self.near, self.far).offer("active", msrp_tls=tls, **flags).settle("passive")
        self.assertEqual(call.answered["mode"], "aware", call.answered)
        self.near.connect()
        self.bind(self.near)
        return call

    def assert_conversation(self):
        for source, sink in ((self.near, self.far), (self.far, self.near)):
            for body in (b"hello", os.urandom(3000), b"x" * 9000):
                tid = source.send(body, "Success-Report: yes", message_id=(name := secrets.token_hex(6)))
                self.assertEqual(source.response(tid).word, "200")
                got = sink.next()
                self.assertEqual((got.body, got.field("Message-ID"), got.to_path), (body, name, [sink.uri]))
                lines = sink.report(got, f"1-{len(body)}/{len(body)}")
                report = source.next()
                self.assertEqual((report.word, report.lines), ("REPORT", lines))


class Relayed(RelayCase):
    def test_texts_and_reports_both_ways(self):
        self.called(msrp_peer="plain")
        self.assert_conversation()

    def test_nothing_is_known_of_the_recipient(self):
        """A relay in its path says that it is plain, whatever it is (RFC 6714)."""
        self.called()
        self.assert_conversation()

    def test_the_far_ue_calls(self):
        call = m.Call(self, self.postern_, self.far, self.near)
        call.offer("actpass", ("core", "access"), msrp_peer="plain", msrp_tls="tcp").settle("active")
        self.assertEqual(call.answered["mode"], "aware", call.answered)
        self.near.connect()
        self.bind(self.near, *([self.far] if self.far.remote_setup == "passive" else []))
        self.assert_conversation()

    def test_failure_reports(self):
        self.called()
        tid = self.near.send(b"hello")
        got = self.far.next()
        self.assertEqual(self.near.response(tid).word, "200")
        lines = self.far.report(got, "1-5/5", "000 415 Not that")
        self.assertEqual(self.near.next().lines, lines)


class RelayedOverTls(Relayed):
    scheme = "msrps"


class LongMessages(RelayCase):
    """Kamailio answers 200 to frames beyond 14 kB and drops them: the realm's max_chunk is for such peers (H8)."""
    core = "max_chunk = 8000\n"

    def test_a_megabyte_in_one_chunk(self):
        self.called()
        body = os.urandom(1 << 20)
        tid = self.near.send(body, "Success-Report: yes", span=f"1-*/{len(body)}")
        frames, got = self.far.message()
        self.assertTrue(got == body)
        self.assertEqual(self.near.response(tid).word, "200")
        lines = self.far.report(frames[-1], f"1-{len(body)}/{len(body)}")
        self.assertEqual(self.near.next().lines, lines)


if __name__ == "__main__":
    unittest.main(verbosity=2)
