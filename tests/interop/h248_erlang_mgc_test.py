"""`postern gateway` under a controller that we did not write, Erlang's megaco: over UDP and TCP, in pretty and compact text. All
that passes goes through tshark."""
import re
import signal
import ssl
import unittest

import h248_kit as kit
import h248_megaco as megaco
import h248_roles as roles
import postern as p

LOCAL_TLS = "v=0\nc=IN IP4 $\nm=message $ TCP/TLS -\na=setup:passive\na=fingerprint:SHA-256 $\n"
EVENTS = "Events = {} {{ tcpbcc/BNCChange {{ Stream = 1 }}, g/cause {} }}"


def add_access(fingerprint, events=EVENTS.format(77, ", tlsbsc/BNCChange { Stream = 1 }"), local=LOCAL_TLS):
    """As in message 03: the UE connects, with TLS, and its certificate is known."""
    return f"""Add = ip/1/access/$ {{ Media {{ Stream = 1 {{
        LocalControl {{ Mode = SendReceive, ipdc/realm = "access", gm/saf = OFF, tman/pol = OFF }},
        Local {{ {local} }},
        Remote {{ v=0\nc=IN IP4 127.0.0.1\nm=message 9 TCP/TLS -\na=setup:active\na=fingerprint:{fingerprint}\n }} }} }},
        {events}, Signals {{ ipnapt/latch {{ Stream = 1, napt = LATCH }} }} }}"""


ADD_CORE = f"""Add = ip/1/core/$ {{ Media {{ Stream = 1 {{ LocalControl {{ Mode = SendReceive, ipdc/realm = "core" }},
    Local {{ v=0\nc=IN IP4 $\nm=message $ TCP -\na=setup:active\n }} }} }}, {EVENTS.format(78, "")} }}"""


def modify_core(termination, port):
    return f"""Modify = {termination} {{ Media {{ Stream = 1 {{ LocalControl {{ Mode = SendReceive, ipdc/realm = "core" }},
        Remote {{ v=0\nc=IN IP4 127.0.0.1\nm=message {port} TCP -\na=setup:passive\n }} }} }},
        Signals {{ tcpbcc/EstBNC {{ Stream = 1 }} }} }}"""


class Ue:
    """A TLS client with a certificate."""

    def __init__(self, certificate, address):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.load_cert_chain(certificate.cert, certificate.key)
        self.peer = p.Peer()
        self.peer.connect(address)
        self.peer.sock = context.wrap_socket(self.peer.sock)
        self.server = self.peer.sock.getpeercert(binary_form=True)


class WholeCall(p.Case):
    carrier, form = "udp", "compact"

    def setUp(self):
        super().setUp()
        self.port = p.free_range(2)
        self.stack.callback(p.release_range, self.port)
        self.stack.enter_context(kit.watched(self, self.folder, self.port))
        self.mgc = megaco.Megaco("mgc", self.carrier, self.form, self.port)
        self.stack.callback(self.mgc.stop)

    def gateway(self, **options):
        started = roles.gateway(f"{self.carrier}:127.0.0.1:{self.port}", f"127.0.0.1:{self.port + 1}", form=self.form, **options)
        self.stack.callback(started.stop)
        self.registration = self.mgc.wait_request("Method = Restart")
        started.wait_log("state=registered")
        return started

    def call(self, fingerprint):
        """Adds both terminations; (context, access, core, the access' SDP)."""
        reply = self.mgc.ask(f"Context = $ {{ {add_access(fingerprint)}, {ADD_CORE} }}")
        self.assertIsNone(megaco.error_of(reply), reply)
        context = re.search(r"Context = (\d+) \{", reply).group(1)
        access, core = (one for one in megaco.terminations(reply))
        sdp = megaco.terminations(reply)
        self.assertEqual(p.media(sdp[core])[2], "TCP")
        return context, access, core, sdp[access]

    def changed(self, package, kind, request):
        """The next Notify that tells of this; asserts which request it answers."""
        return self.mgc.wait_request(rf"(?is)ObservedEvents = {request} .*{package}/bncchange \{{[^}}]*type ?= ?{kind}")

    def test_a_whole_call(self):
        gateway, certificate = self.gateway(), self.certificate("ue")
        self.assertRegex(self.registration, r"(?i)MEGACO/1 [^{]*\{\s*Context = - \{\s*ServiceChange = root")
        self.assertRegex(self.registration, r"(?i)Version = 2")
        self.assertRegex(self.registration, r"(?i)Profile = IqProfile/1")
        self.assertRegex(self.registration, r'"901 ')
        context, access, core, sdp = self.call(certificate.fingerprint())
        self.assertRegex(access, r"^ip/1/access/\d+$")
        host, port, proto = p.media(sdp)
        self.assertEqual((host, proto, p.attribute(sdp, "setup")), ("127.0.0.1", "TCP/TLS", "passive"))

        callee = self.peer()
        reply = self.mgc.ask(f"Context = {context} {{ {modify_core(core, callee.listen())} }}")
        self.assertIsNone(megaco.error_of(reply), reply)
        ue = Ue(certificate, (host, port))
        self.stack.callback(ue.peer.close)
        server = p.hashlib.sha256(ue.server).hexdigest()
        self.assertEqual(p.attribute(sdp, "fingerprint").split()[1].replace(":", "").lower(), server)
        callee.accept()
        self.changed("tcpbcc", "est", 77)
        there = p.send_frame("t1", "msrp://127.0.0.1:1/b;tcp", "msrps://127.0.0.1:2/a;tcp", b"hello")
        back = p.response_frame("t1", "msrps://127.0.0.1:2/a;tcp", "msrp://127.0.0.1:1/b;tcp")
        ue.peer.sock.sendall(there)
        self.assertEqual(callee.read(len(there)), there)
        callee.sock.sendall(back)
        self.assertEqual(ue.peer.read(len(back)), back)

        audit = self.mgc.ask(f"Context = {context} {{ AuditValue = {access} {{ Audit {{ Media, Statistics }} }} }}")
        self.assertRegex(audit, rf"nt/or ?= ?{len(there)}\b")
        self.assertRegex(audit, rf"m=message {port} TCP/TLS")
        subtract = self.mgc.ask(f"Context = {context} {{ Subtract = * {{ Audit {{ Statistics }} }} }}")
        of_access, of_core = (subtract[subtract.index(each):] for each in (access, core))
        self.assertRegex(of_access.split("Subtract")[0], rf"(?s)nt/or ?= ?{len(there)}\b")
        self.assertRegex(of_access.split("Subtract")[0], rf"(?s)nt/os ?= ?{len(back)}\b")
        self.assertRegex(of_core.split("Subtract")[0], rf"(?s)nt/or ?= ?{len(back)}\b")
        self.assertEqual(self.error(f"Context = {context} {{ Subtract = * }}"), 411)
        self.assertTrue(ue.peer.at_end())
        self.assertEqual(gateway.metric("postern_h248_refused_source_total"), 0)
        self.assertEqual(self.mgc.wrong, [])

    def error(self, actions):
        found = megaco.error_of(self.mgc.ask(actions))
        return found and found[0]

    def test_leave(self):
        """SIGTERM: the gateway says goodbye."""
        gateway = self.gateway()
        gateway.process.send_signal(signal.SIGTERM)
        self.assertRegex(self.mgc.wait_request("Method = Forced"), '"905 ')
        gateway.process.wait(p.PATIENCE)


class WholeCallPrettyTcp(WholeCall):
    carrier, form = "tcp", "pretty"


class Procedures(WholeCall):
    carrier, form = "udp", "pretty"

    def test_an_aware_call_behind_a_gate(self):
        """The gateway makes the paths of session-ids, rewrites them, and lets nothing through before it is told to."""
        self.gateway()
        certificate, callee = self.certificate("ue"), self.peer()
        port, sides = callee.listen(), {}
        ue_path, callee_path = "msrps://127.0.0.1:9/ue-a;tcp", f"msrp://127.0.0.1:{port}/ue-b;tcp"
        adds = []
        for realm, tls, setup, remote in (
                ("access", "/TLS", "passive", f"m=message 9 TCP/TLS/MSRP *\na=setup:active\na=path:{ue_path}\n"
                 f"a=fingerprint:{certificate.fingerprint()}\n"),
                ("core", "", "active", f"m=message {port} TCP/MSRP *\na=setup:passive\na=path:{callee_path}\n")):
            path = f"msrp{'s' * bool(tls)}://$:$/{realm}0123456789abcdef0123;tcp"
            adds.append(f"""Add = ip/1/{realm}/$ {{ Media {{ Stream = 1 {{
                LocalControl {{ Mode = Inactive, ipdc/realm = "{realm}", gm/saf = OFF }},
                Local {{ v=0\nc=IN IP4 $\nm=message $ TCP{tls}/MSRP *\na=setup:{setup}\na=path:{path}\n }},
                Remote {{ v=0\nc=IN IP4 127.0.0.1\n{remote} }} }} }} }}""")
        reply = self.mgc.ask(f"Context = $ {{ {', '.join(adds)} }}")
        self.assertIsNone(megaco.error_of(reply), reply)
        context = re.search(r"Context = (\d+) \{", reply).group(1)
        for name, sdp in megaco.terminations(reply).items():
            sides[name.split("/")[2]] = (name, sdp, p.attribute(sdp, "path"))
        host, at, _ = p.media(sides["access"][1])
        self.assertEqual(sides["access"][2], f"msrps://{host}:{at}/access0123456789abcdef0123;tcp")
        ue = Ue(certificate, (host, at))
        self.stack.callback(ue.peer.close)
        ue.peer.sock.sendall(p.send_frame("t1", sides["access"][2], ue_path, b"hello"))
        self.mgc.ask("Context = - { AuditValue = ROOT { Audit { } } }")
        self.assertTrue(callee.nothing_arrived())
        opened = ", ".join(f'Modify = {name} {{ Media {{ LocalControl {{ Mode = SendReceive, ipdc/realm = "{realm}", '
                           'gm/saf = OFF } } }' for realm, (name, _, _) in sides.items())
        self.assertIsNone(megaco.error_of(self.mgc.ask(f"Context = {context} {{ {opened} }}")))
        callee.accept()
        there = p.send_frame("t1", callee_path, sides["core"][2], b"hello")
        self.assertEqual(callee.read(len(there)), there)
        callee.sock.sendall(p.response_frame("t1", sides["core"][2], callee_path))
        back = p.response_frame("t1", ue_path, sides["access"][2])
        self.assertEqual(ue.peer.read(len(back)), back)
        self.assertEqual(self.mgc.wrong, [])

    def test_who_connects_with_a_wrong_certificate_is_turned_away_and_told_of_and_the_call_goes_on(self):
        self.gateway()
        certificate = self.certificate("expected")
        context, _, core, sdp = self.call(certificate.fingerprint())
        callee = self.peer()
        self.mgc.ask(f"Context = {context} {{ {modify_core(core, callee.listen())} }}")
        with self.assertRaises((ssl.SSLError, OSError)):
            with Ue(self.certificate("other"), p.media(sdp)[:2]).peer.sock as sock:
                if sock.read(1) == b"":
                    raise OSError("closed")
        self.changed("tlsbsc", "fail", 77)
        ue = Ue(certificate, p.media(sdp)[:2])
        self.stack.callback(ue.peer.close)
        self.changed("tlsbsc", "est", 77)
        callee.accept()
        ue.peer.sock.sendall(b"x")
        self.assertEqual(callee.read(1), b"x")
        self.assertEqual(self.mgc.wrong, [])

    def test_a_wrong_certificate_of_who_is_connected_to_is_told(self):
        """The gateway is the TLS client."""
        self.gateway()
        listener, wrong = self.peer(), self.certificate("other")
        fingerprint = self.certificate("expected").fingerprint()
        local = LOCAL_TLS.replace("passive", "active")
        remote = (f"v=0\nc=IN IP4 127.0.0.1\nm=message {listener.listen()} TCP/TLS -\na=setup:passive\n"
                  f"a=fingerprint:{fingerprint}\n")
        reply = self.mgc.ask(f"""Context = $ {{ Add = ip/1/access/$ {{ Media {{ Stream = 1 {{
            LocalControl {{ Mode = SendReceive, ipdc/realm = "access" }}, Local {{ {local} }}, Remote {{ {remote} }} }} }},
            {EVENTS.format(5, ", tlsbsc/BNCChange")}, Signals {{ tlsbsc/EstBNC }} }} }}""")
        self.assertIsNone(megaco.error_of(reply), reply)
        listener.accept()
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.load_cert_chain(wrong.cert, wrong.key)
        with self.assertRaises((ssl.SSLError, OSError)):
            with server.wrap_socket(listener.sock, server_side=True) as sock:
                if sock.read(1) == b"":
                    raise OSError("closed")
        (termination, _), = megaco.terminations(reply).items()
        self.assertIn(f"Notify = {termination}", self.changed("tlsbsc", "fail", 5))
        self.assertEqual(self.mgc.wrong, [])

    def test_a_hanging_termination_is_found_and_subtracted(self):
        """hangterm: the MGC says yes once; later that it knows no such termination, and the gateway subtracts it."""
        gateway = self.gateway()
        events = "Events = 9 { hangterm/thb { timerx = 1 } }"
        add = f"Add = $ {{ Media {{ Local {{ v=0\nc=IN IP4 $\nm=message $ TCP -\n }} }}, {events} }}"
        reply = self.mgc.ask(f"Context = $ {{ {add} }}")
        (termination, _), = megaco.terminations(reply).items()
        told = self.mgc.wait_request("hangterm/thb")
        self.assertIn(f"Notify = {termination}", told)

        def unknown(text):
            if "hangterm/thb" not in text:
                return kit.accept(text)
            context = re.search(r"Context = (\d+)", text).group(1)
            return f'MEGACO/2 x Reply = 1 {{ Context = {context} {{ Notify = {termination} {{ Error = 430 {{ "none" }} }} }} }}'
        self.mgc.answer = unknown
        self.mgc.wait_request("hangterm/thb")
        context = re.search(r"Context = (\d+)", reply).group(1)
        kit.until(lambda: self.error(f"Context = {context} {{ AuditValue = {termination} {{ Audit {{ }} }} }}") == 411,
                  "the termination is still there")
        self.assertEqual(gateway.metric("postern_contexts"), 0)
        self.assertEqual(self.mgc.wrong, [])

    def test_audits_of_the_gateway(self):
        self.gateway()
        beat = self.mgc.ask("Context = - { AuditValue = ROOT { Audit { } } }")
        self.assertIsNone(megaco.error_of(beat), beat)
        packages = self.mgc.ask("Context = - { AuditValue = ROOT { Audit { Packages } } }")
        for package in ("g-", "root-", "nt-1", "ipdc-", "gm-", "tman-", "ipnapt-1", "hangterm-1", "adid-1", "tcpbcc-1",
                        "tlsbsc-1"):
            self.assertIn(package, packages)
        media = self.mgc.ask("Context = - { AuditValue = ROOT { Audit { Media } } }")
        self.assertRegex(media, r"(?i)maxTerminationsPerContext ?= ?2")
        self.assertRegex(media, r"(?is)ServiceStates = InService")
        read_only = "Media { TerminationState { root/maxNumberOfContexts = 5 } }"
        self.assertEqual(self.error(f"Context = - {{ Modify = ROOT {{ {read_only} }} }}"), 534)
        self.assertEqual(self.mgc.wrong, [])

    def test_what_cannot_be_done_is_said_with_the_code_for_it(self):
        gateway = self.gateway()
        local = "Local { v=0\nc=IN IP4 $\nm=message $ TCP -\n }"
        for actions, code in (
                (f"Context = $ {{ Add = $ {{ Media {{ LocalControl {{ nopack/thing = 1 }}, {local} }} }} }}", 440),
                (f'Context = $ {{ Add = $ {{ Media {{ LocalControl {{ ipdc/realm = "nowhere" }}, {local} }} }} }}', 449),
                ("Context = $ { Add = $ { Media { Local { v=0\nc=IN IP4 $\nm=audio $ RTP/AVP 8\n } } } }", 515),
                (f"Context = $ {{ Add = $ {{ Media {{ LocalControl {{ Mode = Loopback }}, {local} }} }} }}", 517),
                ("Context = 4711 { Subtract = * }", 411),
                ("Context = 4711 { AuditValue = ip/1/access/9 { Audit { Media } } }", 411),
                ("Context = $ { Move = ip/1/access/9 }", 421),
                ("Context = - { AuditCapability = ROOT { Audit { Media } } }", 501)):
            with self.subTest(actions):
                self.assertEqual(self.error(actions), code)
        self.assertEqual(gateway.metric("postern_contexts"), 0)
        self.assertEqual(self.mgc.wrong, [])


class ProceduresCompactTcp(Procedures):
    carrier, form = "tcp", "compact"


if __name__ == "__main__":
    unittest.main(verbosity=2)
