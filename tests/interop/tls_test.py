"""The TLS side played by programs that we did not write: openssl and gnutls. RFC 8122, RFC 8996, RFC 6135 6."""
import contextlib
import os
import pathlib
import re
import select
import shutil
import socket
import subprocess
import time
import unittest

import postern as p


class Program:
    """A TLS client or server program on pipes, read with deadlines."""

    def __init__(self, args, env=None):
        self.process = subprocess.Popen(args, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                        env={**os.environ, **(env or {})})
        self.output = b""

    def write(self, data):
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def wait_for(self, wanted):
        """Reads until the output holds `wanted` (bytes) or matches it (compiled pattern)."""
        deadline = time.monotonic() + p.PATIENCE
        while not (wanted.search(self.output) if hasattr(wanted, "search") else wanted in self.output):
            if not select.select([self.process.stdout], [], [], max(0, deadline - time.monotonic()))[0]:
                raise AssertionError(f"no {wanted!r} from {self.process.args[:2]}: {self.output[-3000:]!r}")
            piece = os.read(self.process.stdout.fileno(), 65536)
            if not piece:
                raise AssertionError(f"{self.process.args[:2]} ended without {wanted!r}: {self.output[-3000:]!r}")
            self.output += piece
        return self.output

    def wait_end(self):
        deadline = time.monotonic() + p.PATIENCE
        while True:
            if not select.select([self.process.stdout], [], [], max(0, deadline - time.monotonic()))[0]:
                raise AssertionError(f"{self.process.args[:2]} did not end: {self.output[-3000:]!r}")
            piece = os.read(self.process.stdout.fileno(), 65536)
            if not piece:
                self.process.wait(p.PATIENCE)
                return self.output.decode(errors="replace")
            self.output += piece

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


class TlsCase(p.Case):
    def program(self, *args, env=None):
        program = Program(args, env)
        self.stack.callback(program.close)
        return program

    def s_client(self, call, *options, certificate=None, env=None):
        args = ["openssl", "s_client", "-connect", f"{call['host']}:{call['gateway_port']}", "-no_ign_eof", *options]
        if certificate:
            args += ["-cert", certificate.cert, "-key", certificate.key]
        return self.program(*args, env=env)

    def gnutls_cli(self, call, *options, certificate=None):
        args = ["gnutls-cli", "--no-ca-verification", "--insecure", "-p", str(call["gateway_port"]), *options]
        if certificate:
            args += ["--x509certfile", certificate.cert, "--x509keyfile", certificate.key]
        return self.program(*args, call["host"])

    def assert_nothing_forwarded(self, postern, call, cause, log=None):
        """The callee never saw an octet, and the cause is in query, in the log and in the metrics."""
        reply = postern.wait_query(call["id"], lambda r: cause in p.terminations(r)["access"]["cause"])
        access = p.terminations(reply)["access"]
        core = p.terminations(reply)["core"]
        self.assertEqual(access["octets-in"], 0, reply)
        self.assertEqual(core["octets-out"], 0, reply)
        self.assertTrue(call["callee"].nothing_arrived())
        postern.wait_log(log or cause)
        self.assertGreaterEqual(postern.metric("postern_tls_handshakes_total", result=cause), 1)

    def conversation(self, call, client):
        """A SEND from the TLS side and its 200 from the plain side."""
        frame = p.send_frame("t0000001", call["b"], call["a"], b"hello through the gateway")
        client.write(frame)
        call["callee"].accept()
        self.assertEqual(call["callee"].read(len(frame)), frame)
        call["callee"].sock.sendall(p.response_frame("t0000001", call["a"], call["b"]))
        client.wait_for(b"MSRP t0000001 200 OK")
        client.wait_for(b"-------t0000001$")


class Accepted(TlsCase):
    def check(self, make, version):
        postern = self.postern()
        certificate = self.certificate("ue")
        call = self.originating(postern, certificate)
        self.assertEqual(call["proto"], "TCP/TLS/MSRP")
        client = make(call, certificate)
        self.conversation(call, client)
        access = p.terminations(postern.ng("query", call_id=call["id"]))["access"]
        self.assertEqual(access["tls-version"], version)
        self.assertEqual(access["peer-fingerprint"], certificate.fingerprint())
        self.assertEqual(access["messages-in"].get("SEND"), 1)
        self.assertGreaterEqual(postern.metric("postern_tls_handshakes_total", result="ok", version=version), 1)

    def test_openssl_tls13(self):
        self.check(lambda call, c: self.s_client(call, "-tls1_3", certificate=c), "TLSv1.3")

    def test_openssl_tls12(self):
        self.check(lambda call, c: self.s_client(call, "-tls1_2", certificate=c), "TLSv1.2")

    def test_gnutls_tls13(self):
        self.check(lambda call, c: self.gnutls_cli(call, "--priority", "NORMAL:-VERS-ALL:+VERS-TLS1.3", certificate=c),
                   "TLSv1.3")

    def test_gnutls_tls12(self):
        self.check(lambda call, c: self.gnutls_cli(call, "--priority", "NORMAL:-VERS-ALL:+VERS-TLS1.2", certificate=c),
                   "TLSv1.2")

    def test_the_answer_carries_the_fingerprint_of_the_certificate_that_is_presented(self):
        postern = self.postern()
        certificate = self.certificate("ue")
        call = self.originating(postern, certificate)
        self.assertEqual(p.attribute(call["answered"]["sdp"], "3ge2ae"), "applied")
        self.assertEqual(p.attribute(call["answered"]["sdp"], "setup"), "passive")
        client = self.s_client(call, "-tls1_3", "-showcerts", certificate=certificate)
        text = client.wait_for(b"-----END CERTIFICATE-----").decode()
        pem = re.search(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", text, re.S).group(0)
        path = pathlib.Path(self.folder, "gateway.pem")
        path.write_text(pem)
        shown = subprocess.run(["openssl", "x509", "-in", path, "-noout", "-fingerprint", "-sha256"],
                               capture_output=True, text=True, check=True).stdout.strip().partition("=")[2]
        self.assertEqual(p.attribute(call["answered"]["sdp"], "fingerprint").lower(), f"sha-256 {shown}".lower())


class Terminating(TlsCase):
    """TCP offer from the core, TLS towards the UE, which is passive: the gateway is the TLS client."""

    def call(self, postern, certificate, port):
        offered = postern.ng("offer", call_id="t", from_tag="b", direction=["core", "access"], flags=["msrp-e2ae"],
                             sdp=p.sdp(9, "TCP/MSRP", "msrp://127.0.0.1:9/core;tcp", ["a=setup:active", "a=msrp-cema"]))
        self.assertEqual(offered["result"], "ok", offered)
        self.assertEqual(p.media(offered["sdp"])[2], "TCP/TLS/MSRP")
        self.assertEqual(p.attribute(offered["sdp"], "3ge2ae"), "applied")
        path = f"msrps://127.0.0.1:{port}/ue;tcp"
        answered = postern.ng("answer", call_id="t", from_tag="b", to_tag="u", direction=["core", "access"],
                              sdp=p.sdp(port, "TCP/TLS/MSRP", path,
                                        ["a=setup:passive", "a=msrp-cema",
                                         f"a=fingerprint:{certificate.fingerprint()}"]))
        self.assertEqual(answered["result"], "ok", answered)
        self.assertIsNone(p.attribute(answered["sdp"], "fingerprint"))
        self.assertIsNone(p.attribute(answered["sdp"], "3ge2ae"))
        self.assertEqual(p.media(answered["sdp"])[2], "TCP/MSRP")
        core = self.peer()
        core.connect(p.media(answered["sdp"])[:2])
        return core, path

    def free_port(self):
        with socket.socket() as sock:
            sock.bind(("127.0.0.1", 0))
            return sock.getsockname()[1]

    def check(self, server, certificate, port, postern, presented_is_right=True):
        core, path = self.call(postern, certificate, port)
        frame = p.send_frame("t0000002", path, "msrp://127.0.0.1:9/core;tcp", b"to a TLS server")
        core.sock.sendall(frame)
        if presented_is_right:
            server.wait_for(b"to a TLS server")
            server.write(p.response_frame("t0000002", "msrp://127.0.0.1:9/core;tcp", path))
            self.assertTrue(core.read(20).startswith(b"MSRP t0000002 200"))
            return
        reply = postern.wait_query("t", lambda r: "fingerprint" in p.terminations(r)["access"]["cause"])
        self.assertEqual(p.terminations(reply)["access"]["octets-out"], 0)
        self.assertNotIn(b"to a TLS server", server.output)

    def s_server(self, certificate, version):
        port = self.free_port()
        server = self.program("openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", certificate.cert, "-key",
                              certificate.key, "-verify", "1", "-quiet", "-naccept", "1", version)
        # -quiet prints nothing; /proc says when it listens, without a connection that would use it up.
        deadline = time.monotonic() + p.PATIENCE
        while f":{port:04X} 00000000:0000 0A" not in pathlib.Path("/proc/net/tcp").read_text():
            self.assertLess(time.monotonic(), deadline)
            select.select([], [], [], 0.01)
        return server, port

    def test_openssl_s_server_tls13(self):
        certificate = self.certificate("ue")
        postern = self.postern()
        server, port = self.s_server(certificate, "-tls1_3")
        self.check(server, certificate, port, postern)

    def test_openssl_s_server_tls12(self):
        certificate = self.certificate("ue")
        postern = self.postern()
        server, port = self.s_server(certificate, "-tls1_2")
        self.check(server, certificate, port, postern)

    def test_a_server_with_another_certificate_gets_nothing(self):
        certificate, other = self.certificate("ue"), self.certificate("other")
        postern = self.postern()
        server, port = self.s_server(other, "-tls1_3")
        self.check(server, certificate, port, postern, presented_is_right=False)

    def test_gnutls_serv(self):
        certificate = self.certificate("ue")
        postern = self.postern()
        port = self.free_port()
        server = self.program("stdbuf", "-o0", "gnutls-serv", "--echo", "-p", str(port), "--x509certfile",
                              certificate.cert, "--x509keyfile", certificate.key, "--require-client-cert", "--quiet")
        deadline = time.monotonic() + p.PATIENCE
        tables = ("/proc/net/tcp", "/proc/net/tcp6")
        while not any(re.search(f":{port:04X} 0+:0000 0A", pathlib.Path(t).read_text()) for t in tables):
            self.assertLess(time.monotonic(), deadline)
            select.select([], [], [], 0.01)
        core, path = self.call(postern, certificate, port)
        frame = p.send_frame("t0000003", path, "msrp://127.0.0.1:9/core;tcp", b"echo me")
        core.sock.sendall(frame)
        echo = b""
        while b"echo me" not in echo:  # the program gives back what came, but for its last line end
            piece = core.sock.recv(1000)
            self.assertTrue(piece)
            echo += piece
        self.assertTrue(echo.startswith(frame[:-2]), echo)


class Refused(TlsCase):
    def test_wrong_certificate_gets_bad_certificate(self):
        for version in ("-tls1_2", "-tls1_3"):
            with self.subTest(version):
                postern = self.postern()
                call = self.originating(postern, self.certificate("ue"), call_id="wrong" + version)
                client = self.s_client(call, version, "-msg", certificate=self.certificate("other"))
                client.write(p.send_frame("t0000009", call["b"], call["a"], b"secret"))
                self.assertRegex(client.wait_end(), "bad.certificate")
                self.assert_nothing_forwarded(postern, call, "fingerprint_mismatch")

    def test_no_certificate_gets_the_alert_of_its_version(self):
        for version, alert in (("-tls1_2", "handshake.failure"), ("-tls1_3", "certificate.required")):
            with self.subTest(version):
                postern = self.postern()
                call = self.originating(postern, self.certificate("ue"), call_id="none" + version)
                client = self.s_client(call, version, "-msg")
                with self.ignore_broken_pipe():
                    client.write(p.send_frame("t0000009", call["b"], call["a"], b"secret"))
                self.assertRegex(client.wait_end(), alert)
                self.assert_nothing_forwarded(postern, call, "no_certificate")

    def test_gnutls_without_and_with_the_wrong_certificate(self):
        for name, cause in (("none", "no_certificate"), ("wrong", "fingerprint_mismatch")):
            with self.subTest(name):
                postern = self.postern()
                call = self.originating(postern, self.certificate("ue"), call_id="gnutls-" + name)
                other = self.certificate("other") if name == "wrong" else None
                self.gnutls_cli(call, certificate=other).wait_end()
                self.assert_nothing_forwarded(postern, call, cause)

    def test_tls11_is_refused_and_was_really_offered(self):
        certificate = self.certificate("ue")
        control = self.postern()
        call = self.originating(control, certificate, call_id="control")
        weak = ["-cipher", "ALL:@SECLEVEL=0"]
        client = self.s_client(call, "-tls1_2", "-msg", *weak, certificate=certificate)
        self.conversation(call, client)  # the same client passes with TLS 1.2
        postern = self.postern()
        call = self.originating(postern, certificate, call_id="old")
        client = self.s_client(call, "-tls1_1", "-msg", *weak, certificate=certificate)
        text = client.wait_end()
        self.assertRegex(text, r">>> TLS 1\.1, Handshake \[length [0-9a-f]+\], ClientHello\s+01 00 .. .. 03 02")
        self.assertRegex(text, "protocol.version")
        self.assert_nothing_forwarded(postern, call, "version")

    def test_renegotiation_ends_the_connection(self):
        postern = self.postern()
        certificate = self.certificate("ue")
        call = self.originating(postern, certificate, call_id="reneg")
        client = self.s_client(call, "-tls1_2", "-msg", "-crlf", "-legacy_server_connect", certificate=certificate)
        frame = p.send_frame("t0000001", call["b"], call["a"], b"before")
        client.process.stdin.write(frame.replace(b"\r\n", b"\n"))
        client.process.stdin.flush()
        call["callee"].accept()
        self.assertEqual(call["callee"].read(len(frame)), frame)
        hellos = client.output.count(b"ClientHello")
        client.write(b"R\n")
        text = client.wait_end()
        self.assertGreater(text.count("ClientHello"), max(hellos, 1))  # a second ClientHello was really sent
        reply = postern.wait_query("reneg", lambda r: "renegotiation" in p.terminations(r)["access"]["cause"])
        self.assertEqual(p.terminations(reply)["access"]["octets-in"], len(frame))
        with contextlib.suppress(ConnectionResetError):  # a broken leg may end the other one with RST
            self.assertTrue(call["callee"].at_end())
        postern.wait_log("renegotiation")
        self.assertEqual(postern.metric("postern_closed_sessions_total", reason="tls_failed"), 1)

    def test_a_session_is_never_resumed(self):
        """A control server resumes the saved session; the gateway makes a full handshake, and checks the certificate."""
        certificate, other = self.certificate("ue"), self.certificate("other")
        for version in ("-tls1_2", "-tls1_3"):
            with self.subTest(version):
                session = f"{self.folder}/session{version}"
                postern = self.postern()
                call = self.originating(postern, certificate, call_id="resume" + version)
                first = self.s_client(call, version, "-sess_out", session, certificate=certificate)
                self.conversation(call, first)
                self.assertNotIn(b"Reused, ", first.output)
                control_session, port = f"{self.folder}/control{version}", Terminating.free_port(self)
                self.program("openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", other.cert, "-key", other.key,
                             version, "-quiet")
                deadline = time.monotonic() + p.PATIENCE
                while f":{port:04X} 00000000:0000 0A" not in pathlib.Path("/proc/net/tcp").read_text():
                    self.assertLess(time.monotonic(), deadline)
                    select.select([], [], [], 0.01)
                target = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", version]
                control = self.program(*target, "-sess_out", control_session)
                deadline = time.monotonic() + p.PATIENCE
                while not os.path.exists(control_session) or not os.path.getsize(control_session):
                    self.assertLess(time.monotonic(), deadline)
                    select.select([], [], [], 0.01)
                control.write(b"Q\n")
                control.wait_end()
                self.assertIn(b"Reused, ", self.program(*target, "-sess_in", control_session).wait_for(b"Reused, "))
                # The saved ticket of the control, or what the gateway gave: either way a full handshake and the check.
                saved = session if os.path.exists(session) and os.path.getsize(session) else control_session
                second = self.originating(postern, certificate, call_id="again" + version)
                client = self.s_client(second, version, "-sess_in", saved, certificate=other)
                self.assertNotIn("Reused, ", client.wait_end())
                self.assert_nothing_forwarded(postern, second, "fingerprint_mismatch")

    def ignore_broken_pipe(self):
        return contextlib.suppress(BrokenPipeError)


class LateAnswer(TlsCase):
    """RFC 8122 6.2: the connection may outrun the answer; nothing passes until the fingerprint is known."""

    def call(self, postern, certificate):
        """Terminating call; the UE connects to the address of the offer before its answer has arrived."""
        core = self.peer()
        core_port = core.listen()
        offered = postern.ng("offer", call_id="late", from_tag="b", direction=["core", "access"], flags=["msrp-e2ae"],
                             sdp=p.sdp(core_port, "TCP/MSRP", f"msrp://127.0.0.1:{core_port}/core;tcp",
                                       ["a=setup:actpass", "a=msrp-cema"]))
        host, port, _ = p.media(offered["sdp"])
        call = {"id": "late", "host": host, "gateway_port": port, "callee": core,
                "a": "msrps://127.0.0.1:9/ue;tcp", "b": f"msrp://127.0.0.1:{core_port}/core;tcp"}
        client = self.s_client(call, "-tls1_3", certificate=certificate)
        client.wait_for(b"Verification error")  # the handshake is done (a self-signed server certificate)
        return call, client

    def answer(self, postern, fingerprint):
        return postern.ng("answer", call_id="late", from_tag="b", to_tag="u", direction=["core", "access"],
                          sdp=p.sdp(9, "TCP/TLS/MSRP", "msrps://127.0.0.1:9/ue;tcp",
                                    ["a=setup:active", "a=msrp-cema", f"a=fingerprint:{fingerprint}"]))

    def test_early_octets_wait_and_then_pass(self):
        postern, certificate = self.postern(), self.certificate("ue")
        call, client = self.call(postern, certificate)
        frame = p.send_frame("t0000005", call["b"], call["a"], b"early")
        client.write(frame)
        reply = postern.ng("query", call_id="late")
        self.assertEqual(p.terminations(reply)["core"]["octets-out"], 0)
        self.assertTrue(call["callee"].nothing_arrived())
        answered = self.answer(postern, certificate.fingerprint())
        self.assertEqual(answered["result"], "ok")
        self.assertEqual(p.attribute(answered["sdp"], "setup"), "passive")  # TCP merge mode: both ends connect
        core = self.peer()
        core.connect(p.media(answered["sdp"])[:2])
        core.sock.sendall(p.send_frame("bind0002", call["a"], call["b"]))
        self.assertEqual(core.read(len(frame)), frame)

    def test_a_late_mismatch_closes_and_nothing_passes(self):
        postern, certificate = self.postern(), self.certificate("ue")
        call, client = self.call(postern, certificate)
        client.write(p.send_frame("t0000005", call["b"], call["a"], b"early"))
        self.assertEqual(self.answer(postern, self.certificate("other").fingerprint())["result"], "ok")
        client.wait_end()
        self.assert_nothing_forwarded(postern, call, "fingerprint_mismatch")


if __name__ == "__main__":
    unittest.main(verbosity=2)
