"""The control side as an operator meets it: configuration, commands, limits, metrics, signals."""
import json
import os
import pathlib
import re
import select
import signal
import socket
import subprocess
import tempfile
import unittest

import postern as p


def run(*args, config=None):
    with tempfile.TemporaryDirectory() as folder:
        if config is not None:
            path = f"{folder}/postern.toml"
            pathlib.Path(path).write_text(config)
            args = [*args, "--config", path]
        return subprocess.run([p.BINARY, *args], capture_output=True, text=True, timeout=p.PATIENCE)


class CommandLine(unittest.TestCase):
    def test_version_and_help(self):
        self.assertRegex(run("--version").stdout, r"^postern \d+\.\d+")
        for args in (["--help"], ["up", "--help"], ["ue", "--help"], ["ue", "send", "--help"]):
            result = run(*args)
            self.assertEqual(result.returncode, 0, args)
            self.assertIn("Usage", result.stdout + result.stderr, args)

    def test_bad_usage_is_exit_2_and_one_line(self):
        for args in (["nonsense"], ["up", "--nonsense"], [], ["ue"], ["ue", "send"]):
            result = run(*args)
            self.assertEqual(result.returncode, 2, args)
            self.assertTrue(result.stderr.strip(), args)

    def test_bad_configuration_names_file_key_and_what_was_expected(self):
        cases = {
            "[ng]\nlisten = 5\n": "ng.listen",
            "[ng]\nlistne = []\n": "listne",
            "[ng]\nallow = [\"10.0.0.0/99\"]\n": "ng.allow",
            "[[realm]]\nname = \"a\"\nports = \"5\"\n": "ports",
            "[[realm]]\nname = \"a\"\nports = \"30000-20000\"\n": "ports",
            "[[realm]]\nname = \"a\"\naddress = \"nowhere\"\n": "address",
            "[[realm]]\nname = \"a\"\ne2ae = \"maybe\"\n": "e2ae",
            "[[realm]]\nname = \"a\"\ntls = { hashes = [\"md5\"] }\n": "hashes",
            "[[realm]]\nname = \"a\"\ntls = { cert = \"/nonexistent.pem\" }\n": "tls",
            "[gateway]\nshards = -1\n": "gateway.shards",
            "this is not toml": "postern.toml",
        }
        for text, expected in cases.items():
            with self.subTest(text):
                result = run("up", config=text)
                self.assertEqual(result.returncode, 2, result.stderr)
                self.assertIn("postern.toml", result.stderr)
                self.assertIn(expected, result.stderr)
                self.assertEqual(len(result.stderr.strip().splitlines()), 1, result.stderr)

    def test_an_address_that_this_machine_does_not_have_is_named(self):
        result = run("up", config='[ng]\nlisten = ["udp:127.0.0.1:0"]\n[admin]\nlisten = "127.0.0.1:0"\n'
                                  '[[realm]]\nname = "a"\naddress = "198.51.100.1"\n')
        self.assertEqual(result.returncode, 2, result.stderr)
        self.assertIn("realm[0].address", result.stderr)
        self.assertIn("198.51.100.1", result.stderr)

    def test_the_printed_configuration_is_complete_and_reads_back(self):
        first = run("up", "--print-config")
        self.assertEqual(first.returncode, 0, first.stderr)
        self.assertIn('listen = ["udp:127.0.0.1:2228"]', first.stdout.replace("'", '"').replace("[ ", "[").replace(" ]", "]"))
        again = run("up", "--print-config", config=first.stdout)
        self.assertEqual(again.stdout, first.stdout, again.stderr)

    def test_a_port_in_use_is_one_clear_line(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, socket.socket() as tcp:
            udp.bind(("127.0.0.1", 0))
            tcp.bind(("127.0.0.1", 0))
            tcp.listen()
            ng, admin = udp.getsockname()[1], tcp.getsockname()[1]
            for text, port in ((f'[ng]\nlisten = ["udp:127.0.0.1:{ng}"]\n[admin]\nlisten = "127.0.0.1:0"\n', ng),
                               (f'[ng]\nlisten = ["udp:127.0.0.1:0"]\n[admin]\nlisten = "127.0.0.1:{admin}"\n', admin)):
                result = run("up", config=text)
                self.assertEqual(result.returncode, 2, result.stderr)
                self.assertIn(str(port), result.stderr)
                self.assertIn("in use", result.stderr)


class Commands(p.Case):
    def test_ping_and_retransmission(self):
        postern = self.postern()
        self.assertEqual(postern.ng("ping"), {"result": "pong"})
        offer = b"same1 " + p.bencode({"command": "offer", "call-id": "r", "from-tag": "a", "direction": ["access", "core"],
                                       "sdp": p.sdp(9, attributes=["a=setup:active", "a=msrp-cema"])})
        first = postern.raw_ng(offer)
        self.assertEqual(postern.raw_ng(offer), first)
        self.assertEqual(postern.metric("postern_calls"), 1)

    def test_json_in_json_out(self):
        postern = self.postern()
        answer = postern.raw_ng(b'j1 {"command":"ping"}')
        self.assertEqual(json.loads(answer.partition(b" ")[2]), {"result": "pong"})

    def test_malformed_requests_get_an_error_or_are_dropped_and_never_kill(self):
        postern = self.postern()
        answered = [b"m1 d", b"m2 d7:command4:ping", b"m3 d7:command5:bogusee", b"m4 {", b"m5 li1ee", b"m6 d7:commandi1ee",
                    b"m7 d7:command5:offere", b"m8 " + p.bencode({"command": "offer", "call-id": "x", "from-tag": "y"}),
                    b"m9 " + p.bencode({"command": "offer", "call-id": "x", "from-tag": "y", "sdp": "garbage"}),
                    b"m10 d7:command99999999999999:e", b"m11 " + b"l" * 5000]
        for request in answered:
            reply = postern.raw_ng(request)
            self.assertIn(b"error", reply, request[:60])
            self.assertIn(b"error-reason", reply)
        for request in (b"", b"x", b"\x00\xff" * 50, b"nocookie"):
            postern.ng_socket.send(request)
        self.assertEqual(postern.ng("ping")["result"], "pong")
        self.assertEqual(postern.metric("postern_calls"), 0)

    def test_commands_from_elsewhere_are_dropped_and_counted(self):
        postern = self.postern(config="", access="", core="")
        self.assertEqual(postern.metric("postern_ng_refused_total"), 0)
        elsewhere = Allowing(self)
        elsewhere.check()

    def test_an_offer_without_msrp_comes_back_as_it_was(self):
        postern = self.postern()
        text = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\n"
        reply = postern.ng("offer", call_id="audio", from_tag="a", sdp=text)
        self.assertEqual(reply["result"], "ok")
        self.assertEqual(reply["sdp"], text)
        self.assertEqual(postern.metric("postern_calls"), 0)

    def test_unknown_calls(self):
        postern = self.postern()
        deleted = postern.ng("delete", call_id="never", from_tag="a")
        self.assertEqual(deleted["result"], "ok")
        self.assertTrue(deleted["warning"])
        self.assertEqual(postern.ng("query", call_id="never")["result"], "error")
        self.assertEqual(postern.ng("list")["calls"], [])

    def test_ran_out_of_ports_is_said_exactly_and_nothing_leaks(self):
        first = p.free_range(6)
        postern = self.postern(access_ports=f"{first}-{first + 2}", core_ports=f"{first + 3}-{first + 5}")
        before = postern.descriptors()
        # A gateway that ran out asks its controller for fewer contexts for a while (H.248.11): no second round then.
        for round_ in range(3):
            for i in range(3):
                reply = postern.ng("offer", call_id=f"c{i}", from_tag="a", direction=["access", "core"],
                                   sdp=p.sdp(9, attributes=["a=setup:active", "a=msrp-cema"]))
                self.assertEqual(reply["result"], "ok", reply)
            reply = postern.ng("offer", call_id="one-too-many", from_tag="a", direction=["access", "core"],
                               sdp=p.sdp(9, attributes=["a=setup:active", "a=msrp-cema"]))
            self.assertEqual(reply, {"result": "error", "error-reason": "Ran out of ports"})
            self.assertEqual(postern.metric("postern_calls"), 3)
            for i in range(3):
                self.assertEqual(postern.ng("delete", call_id=f"c{i}", from_tag="a")["result"], "ok")
        self.assertEqual(postern.metric("postern_calls"), 0)
        postern.wait_descriptors(before)

    def test_a_port_that_another_program_holds_is_skipped_and_counted(self):
        first = p.free_range(6)
        with socket.socket() as holder:
            holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            holder.bind(("127.0.0.1", first))
            holder.listen()
            postern = self.postern(access_ports=f"{first}-{first + 1}", core_ports=f"{first + 2}-{first + 5}")
            reply = postern.ng("offer", call_id="c", from_tag="a", direction=["core", "access"],
                               sdp=p.sdp(9, attributes=["a=setup:active", "a=msrp-cema"]))
            self.assertEqual(p.media(reply["sdp"])[1], first + 1)
            self.assertEqual(postern.metric("postern_skipped_ports_total"), 1)

    def test_a_call_whose_answer_never_comes_is_freed(self):
        postern = self.postern(config="[timers]\noffer_unanswered = 1\n")
        before = postern.descriptors()
        postern.ng("offer", call_id="c", from_tag="a", direction=["access", "core"],
                   sdp=p.sdp(9, attributes=["a=setup:active", "a=msrp-cema"]))
        postern.wait_log("event=call_freed")
        self.assertEqual(postern.ng("query", call_id="c")["result"], "error")
        self.assertEqual(postern.metric("postern_calls"), 0)
        postern.wait_descriptors(before)


class Allowing:
    """[ng] allow without loopback: our own commands must be dropped, and counted."""

    def __init__(self, case):
        self.case = case

    def check(self):
        folder = tempfile.mkdtemp(dir=self.case.folder)
        first = p.free_range(2)
        pathlib.Path(f"{folder}/postern.toml").write_text(
            f'[ng]\nlisten = ["udp:127.0.0.1:0"]\nallow = ["192.0.2.0/24"]\n[admin]\nlisten = "127.0.0.1:0"\n'
            f'[[realm]]\nname = "a"\naddress = "127.0.0.1"\nports = "{first}-{first + 1}"\n')
        process = subprocess.Popen([p.BINARY, "up", "--config", f"{folder}/postern.toml"], stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE, text=True)
        try:
            for line in process.stderr:
                if "event=ready" in line:
                    break
            ng = re.search(r"ng=\"?udp:127\.0\.0\.1:(\d+)", line).group(1)
            admin = re.search(r"admin=\"?(127\.0\.0\.1:\d+)", line).group(1)
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            sock.connect(("127.0.0.1", int(ng)))
            sock.send(b"c1 d7:command4:pinge")
            import urllib.request
            import time
            deadline = time.monotonic() + p.PATIENCE
            while True:
                text = urllib.request.urlopen(f"http://{admin}/metrics", timeout=p.PATIENCE).read().decode()
                if re.search(r"^postern_ng_refused_total 1$", text, re.M):
                    break
                self.case.assertLess(time.monotonic(), deadline, text)
            sock.setblocking(False)
            with self.case.assertRaises(BlockingIOError):
                sock.recv(100)
            sock.close()
        finally:
            process.send_signal(signal.SIGTERM)
            self.case.assertEqual(process.wait(p.PATIENCE), 0)
            process.stderr.close()


class Ctl(p.Case):
    """`postern ctl` against a running Postern."""

    def ctl(self, postern, *args):
        return run("ctl", "--admin", postern.admin, *args)

    def test_calls_are_listed_shown_and_deleted(self):
        postern = self.postern()
        self.assertEqual(self.ctl(postern, "list").stdout, "")
        self.originating(postern, self.certificate("ue"), call_id="call/1 %@host")
        self.originating(postern, self.certificate("other"), call_id="2", answer=False)
        lines = sorted(self.ctl(postern, "list").stdout.splitlines())
        self.assertEqual([line.split("  ")[0] for line in lines], ["2", "call/1 %@host"])
        self.assertIn("answered  agnostic tls  access TCP/TLS passive waiting  core TCP active waiting", lines[1])
        self.assertEqual(len(self.ctl(postern, "list", "--limit", "1").stdout.splitlines()), 1)
        shown = self.ctl(postern, "show", "call/1 %@host")
        self.assertEqual((shown.returncode, shown.stderr), (0, ""))
        for pattern in (r"^call-id +call/1 %@host$", r"^from-tag +a$", r"^state +answered$", r"^mode +agnostic$",
                        r"^section 1$", r"^ +termination access$", r"^ +termination core$", r"^ +transport +TCP/TLS$"):
            self.assertRegex(shown.stdout, re.compile(pattern, re.M))
        told = self.ctl(postern, "--json", "show", "call/1 %@host")
        self.assertEqual(json.loads(told.stdout)["sections"][0]["terminations"][0]["realm"], "access")
        self.assertEqual(json.loads(self.ctl(postern, "list", "--json").stdout)["result"], "ok")
        deleted = self.ctl(postern, "delete", "call/1 %@host")
        self.assertEqual(deleted.returncode, 0, deleted.stderr)
        self.assertTrue(deleted.stdout.startswith("deleted call/1 %@host"), deleted.stdout)
        self.assertEqual(self.ctl(postern, "list").stdout.split()[0], "2")
        self.assertEqual(postern.metric("postern_calls"), 1)

    def test_what_fails_is_exit_1_and_one_line(self):
        postern = self.postern()
        for args in (["show", "nobody"], ["delete", "nobody"], ["--json", "show", "nobody"]):
            result = self.ctl(postern, *args)
            self.assertEqual((result.returncode, result.stdout), (1, ""), args)
            self.assertRegex(result.stderr, r"^postern ctl: nobody: .+\n$")
        self.assertEqual(self.ctl(postern, "health").stdout, "ok\n")
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            result = run("ctl", "list", "--admin", f"127.0.0.1:{closed.getsockname()[1]}")
        self.assertEqual((result.returncode, result.stdout), (1, ""))
        self.assertRegex(result.stderr, r"^postern ctl: .*Connection refused\n$")

    def test_bad_usage_is_exit_2_and_help_is_everywhere(self):
        for args in ([], ["nonsense"], ["show"], ["list", "--limit", "0"], ["list", "--admin", "nowhere"]):
            result = run("ctl", *args)
            self.assertEqual((result.returncode, len(result.stderr.splitlines())), (2, 1), args)
        for args in ([], ["list"], ["show"], ["delete"], ["health"]):
            self.assertIn("Usage: postern ctl", run("ctl", *args, "--help").stdout)


class Admin(p.Case):
    def test_health_metrics_and_calls(self):
        postern = self.postern()
        self.assertEqual(postern.get("/healthz")[0], 200)
        self.assertEqual(postern.get("/nonsense")[0], 404)
        certificate = self.certificate("ue")
        self.originating(postern, certificate, call_id="call/1@host")
        status, text = postern.get("/v1/calls")
        self.assertEqual(status, 200)
        self.assertIn("call/1@host", json.dumps(json.loads(text)))
        status, text = postern.get("/v1/calls/call%2F1%40host")
        self.assertEqual(status, 200)
        call = json.loads(text)
        self.assertEqual(call["sections"][0]["mode"], "agnostic")
        self.assertEqual(postern.get("/v1/calls/nobody")[0], 404)
        self.assertEqual(postern.metric("postern_sessions", mode="agnostic"), 1)
        self.assertGreater(postern.metric("postern_ng_requests_total", command="offer", result="ok"), 0)
        self.assertGreaterEqual(postern.metric("postern_uptime_seconds"), 0)

    def test_sighup_reloads_the_certificate(self):
        one, two = self.certificate("one"), self.certificate("two")
        live = f"{self.folder}/live"
        for ending in ("crt", "key"):
            os.symlink(f"{self.folder}/one.{ending}", f"{live}.{ending}")
        postern = self.postern(access=f'tls = {{ cert = "{live}.crt", key = "{live}.key" }}')
        certificate = self.certificate("ue")
        first = self.originating(postern, certificate, call_id="1")
        self.assertEqual(p.attribute(first["answered"]["sdp"], "fingerprint"), one.fingerprint())
        for ending in ("crt", "key"):
            os.unlink(f"{live}.{ending}")
            os.symlink(f"{self.folder}/two.{ending}", f"{live}.{ending}")
        postern.process.send_signal(signal.SIGHUP)
        postern.wait_log("event=reloaded")
        second = self.originating(postern, certificate, call_id="2")
        self.assertEqual(p.attribute(second["answered"]["sdp"], "fingerprint"), two.fingerprint())
        # A certificate that is broken now is said and the old one stays.
        pathlib.Path(f"{self.folder}/two.crt").write_text("garbage")
        postern.process.send_signal(signal.SIGHUP)
        postern.wait_log("event=identity_kept")
        third = self.originating(postern, certificate, call_id="3")
        self.assertEqual(p.attribute(third["answered"]["sdp"], "fingerprint"), two.fingerprint())

    def test_the_key_log_is_written_with_a_warning(self):
        keylog = f"{self.folder}/keys"
        postern = self.postern(args=["--keylog", keylog])
        postern.wait_log("level=warning")
        certificate = self.certificate("ue")
        call = self.originating(postern, certificate)
        client = subprocess.run(["openssl", "s_client", "-connect", f"{call['host']}:{call['gateway_port']}", "-cert",
                                 certificate.cert, "-key", certificate.key], input=b"", capture_output=True,
                                timeout=p.PATIENCE)
        self.assertEqual(client.returncode, 0)
        self.assertIn("CLIENT_TRAFFIC_SECRET_0", pathlib.Path(keylog).read_text())
        self.assertEqual(os.stat(keylog).st_mode & 0o777, 0o600)

    def test_while_it_drains_offers_go_to_the_next_node(self):
        postern = self.postern(config="[timers]\ndrain = 3\n")
        callee, caller = self.peer(), self.peer()
        port = callee.listen()
        attributes = ["a=msrp-cema"]
        postern.ng("offer", call_id="slow", from_tag="a", direction=["access", "core"],
                   sdp=p.sdp(9, attributes=["a=setup:active", *attributes]))
        answered = postern.ng("answer", call_id="slow", from_tag="a", to_tag="b",
                              sdp=p.sdp(port, attributes=["a=setup:passive", *attributes]))
        caller.connect(p.media(answered["sdp"])[:2])
        caller.sock.setblocking(False)
        while select.select([], [caller.sock], [], 0.5)[1]:  # the callee reads nothing: octets stay in the gateway
            caller.sock.send(b"x" * 65536)
        postern.process.send_signal(signal.SIGTERM)
        postern.wait_log("event=draining")
        refused = postern.ng("offer", call_id="new", from_tag="a", sdp=p.sdp(9, attributes=["a=setup:active", *attributes]))
        self.assertEqual(refused, {"result": "error", "error-reason": "Parallel session limit reached"})

    def test_sigterm_releases_calls_and_ends_with_0(self):
        postern = self.postern()
        for i in range(5):
            self.originating(postern, self.certificate(f"ue{i}"), call_id=f"c{i}")
        postern.stop()  # asserts exit 0


if __name__ == "__main__":
    unittest.main(verbosity=2)
