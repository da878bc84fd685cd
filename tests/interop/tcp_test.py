"""Plain TCP legs and how a connection's end is passed on: FIN, close_notify, RST; sockets of the operating system as peers."""
import json
import pathlib
import select
import socket
import ssl
import struct
import subprocess
import threading
import time
import unittest

import postern as p


class PlainCase(p.Case):
    def plain_call(self, postern, call_id="plain"):
        """TCP to TCP; the caller connects, the callee listens. Both sockets, connected through the gateway."""
        callee, caller = self.peer(), self.peer()
        port = callee.listen()
        a, b = "msrp://127.0.0.1:9/ue-a;tcp", f"msrp://127.0.0.1:{port}/ue-b;tcp"
        offered = postern.ng("offer", call_id=call_id, from_tag="a", direction=["access", "core"],
                             sdp=p.sdp(9, "TCP/MSRP", a, ["a=setup:active", "a=msrp-cema"]))
        self.assertEqual(offered["result"], "ok", offered)
        answered = postern.ng("answer", call_id=call_id, from_tag="a", to_tag="b", direction=["access", "core"],
                              sdp=p.sdp(port, "TCP/MSRP", b, ["a=setup:passive", "a=msrp-cema"]))
        self.assertEqual(answered["result"], "ok", answered)
        self.assertEqual(answered["mode"], "agnostic")
        caller.connect(p.media(answered["sdp"])[:2])
        caller.sock.settimeout(p.PATIENCE)
        frame = p.send_frame("bind0001", b, a)
        caller.sock.sendall(frame)
        callee.accept()
        self.assertEqual(callee.read(len(frame)), frame)
        return caller, callee

    def tls_call(self, postern, call_id="tls"):
        """The same with TLS on the caller's side, Python's ssl as the UE."""
        certificate = self.certificate("ue")
        call = self.originating(postern, certificate, call_id=call_id)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.load_cert_chain(certificate.cert, certificate.key)
        raw = socket.create_connection((call["host"], call["gateway_port"]), p.PATIENCE)
        caller = context.wrap_socket(raw, suppress_ragged_eofs=False)
        self.stack.callback(caller.close)
        frame = p.send_frame("bind0001", call["b"], call["a"])
        caller.sendall(frame)
        call["callee"].accept()
        self.assertEqual(call["callee"].read(len(frame)), frame)
        return caller, call["callee"]


class Endings(PlainCase):
    def test_half_close_leaves_the_other_direction_open(self):
        caller, callee = self.plain_call(self.postern())
        caller.sock.sendall(b"last words")
        caller.sock.shutdown(socket.SHUT_WR)
        self.assertEqual(callee.read(10), b"last words")
        self.assertTrue(callee.at_end())
        callee.sock.sendall(b"still here" * 1000)
        self.assertEqual(caller.read(10000), b"still here" * 1000)
        callee.sock.shutdown(socket.SHUT_WR)
        self.assertTrue(caller.at_end())

    def test_reset_is_passed_on_as_reset(self):
        for side in ("caller", "callee"):
            with self.subTest(side):
                postern = self.postern()
                caller, callee = self.plain_call(postern)
                source, sink = (caller, callee) if side == "caller" else (callee, caller)
                source.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                source.sock.close()
                with self.assertRaises(ConnectionResetError):
                    while sink.sock.recv(100):
                        pass
                postern.wait_query("plain", lambda r: r["sections"][0]["state"] == "ended")

    def test_close_notify_becomes_fin(self):
        caller, callee = self.tls_call(self.postern())
        caller.sendall(b"goodbye")
        self.assertEqual(callee.read(7), b"goodbye")
        callee.sock.setblocking(True)
        closing = threading.Thread(target=lambda: self.swallow(caller.unwrap))
        closing.start()
        self.assertTrue(callee.at_end())
        callee.sock.shutdown(socket.SHUT_WR)
        closing.join(p.PATIENCE)
        self.assertFalse(closing.is_alive())

    def swallow(self, call):
        try:
            call()
        except (ssl.SSLError, OSError):
            pass

    def test_fin_becomes_close_notify(self):
        caller, callee = self.tls_call(self.postern())
        callee.sock.sendall(b"last")
        callee.sock.shutdown(socket.SHUT_WR)
        self.assertEqual(caller.recv(4), b"last")
        # Without close_notify this would raise SSLEOFError (suppress_ragged_eofs is off).
        self.assertEqual(caller.recv(1), b"")

    def test_delete_lets_the_last_octets_arrive(self):
        postern = self.postern()
        caller, callee = self.plain_call(postern)
        received = []

        def reader():
            while piece := callee.sock.recv(65536):
                received.append(piece)
        thread = threading.Thread(target=reader)
        caller.sock.sendall(b"x" * 100000)
        thread.start()
        self.assertEqual(postern.ng("delete", call_id="plain", from_tag="a")["result"], "ok")
        thread.join(p.PATIENCE)
        self.assertFalse(thread.is_alive())
        # What the gateway had taken arrives, in order, and then a FIN.
        data = b"".join(received)
        self.assertEqual(data, b"x" * len(data))


class Relay(PlainCase):
    def test_a_reader_that_stops_stops_the_writer_and_nothing_is_lost(self):
        postern = self.postern()
        caller, callee = self.plain_call(postern)
        block = bytes(range(256)) * 256  # 64 KiB
        caller.sock.setblocking(False)
        sent = 0
        while select.select([], [caller.sock], [], 1.0)[1]:
            sent += caller.sock.send(block[sent % len(block):])
            self.assertLess(sent, 200 << 20, "nothing ever pushed back")
        resident = self.resident(postern)
        self.assertLess(resident, 400 << 20)
        got = 0
        while got < sent:
            piece = callee.sock.recv(1 << 20)
            self.assertTrue(piece)
            start = got % 256
            self.assertEqual(piece[:256], (bytes(range(256)) * 2)[start:start + len(piece[:256])])
            got += len(piece)
        self.assertEqual(got, sent)

    def resident(self, postern):
        with open(f"/proc/{postern.process.pid}/statm") as file:
            return int(file.read().split()[1]) * 4096

    def test_octets_and_messages_are_counted(self):
        postern = self.postern()
        caller, callee = self.plain_call(postern)
        frame = p.send_frame("count001", "msrp://h:1/b;tcp", "msrp://h:1/a;tcp", b"hello")
        caller.sock.sendall(frame)
        callee.read(len(frame))
        reply_frame = p.response_frame("count001", "msrp://h:1/a;tcp", "msrp://h:1/b;tcp")
        callee.sock.sendall(reply_frame)
        caller.read(len(reply_frame))
        legs = p.terminations(postern.ng("query", call_id="plain"))
        self.assertEqual(legs["access"]["messages-in"], {"SEND": 2})
        self.assertEqual(legs["core"]["messages-out"], {"SEND": 2})
        self.assertEqual(legs["core"]["messages-in"], {"200": 1})
        self.assertEqual(legs["access"]["octets-out"], len(reply_frame))
        self.assertEqual(postern.metric("postern_messages_total", realm="access", method="SEND", dir="in"), 2)
        self.assertEqual(postern.metric("postern_octets_total", realm="core", dir="in"), len(reply_frame))
        deleted = postern.ng("delete", call_id="plain", from_tag="a")
        self.assertEqual(deleted["totals"]["messages"], {"SEND": 2, "200": 1})

    def test_a_session_leaves_one_record(self):
        postern = self.postern()
        caller, callee = self.plain_call(postern)
        frame = p.send_frame("record01", "msrp://h:1/b;tcp", "msrp://h:1/a;tcp", b"a secret word")
        caller.sock.sendall(frame)
        callee.read(len(frame))
        caller.sock.close()
        callee.sock.close()
        record, = postern.wait_records(1)
        self.assertEqual((record["type"], record["call_id"], record["from_tag"]), ("cdr", "plain", "a"))
        self.assertEqual((record["mode"], record["security"], record["cause"]), ("agnostic", "none", "closed"))
        self.assertTrue(record["start"] <= record["connected"] <= record["end"], record)
        by_realm = {leg["realm"]: leg for leg in record["legs"]}
        self.assertGreater(by_realm["access"]["octets_in"], len(frame))
        self.assertEqual(by_realm["access"]["messages_in"], {"SEND": 2})
        self.assertEqual(by_realm["core"]["octets_out"], by_realm["access"]["octets_in"])
        self.assertIsNotNone(by_realm["core"]["peer"])
        self.assertNotIn("secret", json.dumps(record))
        postern.ng("delete", call_id="plain", from_tag="a")  # its bearer had ended: no second record
        self.plain_call(postern, "another")
        postern.ng("delete", call_id="another", from_tag="a")
        causes = [(each["call_id"], each["cause"]) for each in postern.wait_records(2)]
        self.assertEqual(causes, [("plain", "closed"), ("another", "deleted")])

    def test_a_stray_connection_and_garbage_do_not_disturb_a_call(self):
        """peers.md: FreeSWITCH CVE-2023-51443 is the pattern to avoid."""
        postern = self.postern()
        certificate = self.certificate("ue")
        call = self.originating(postern, certificate)
        address = (call["host"], call["gateway_port"])
        strays = [socket.create_connection(address, p.PATIENCE) for _ in range(3)]
        strays[0].sendall(b"GET / HTTP/1.0\r\n\r\n")
        strays[1].sendall(b"\x16\x03\x01\x40\x00" + b"\xff" * 100)
        strays[2].close()
        client = subprocess.Popen(["openssl", "s_client", "-connect", "%s:%d" % address, "-quiet", "-cert", certificate.cert,
                                   "-key", certificate.key], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL)
        self.stack.callback(client.wait)
        self.stack.callback(client.kill)
        self.stack.callback(client.stdin.close)
        frame = p.send_frame("right001", call["b"], call["a"], b"the right one")
        client.stdin.write(frame)
        client.stdin.flush()
        call["callee"].accept()
        self.assertEqual(call["callee"].read(len(frame)), frame)
        for stray in strays:
            stray.close()


class EndToEnd(PlainCase):
    def test_tls_passes_untouched_between_two_programs(self):
        """Scenario b of the seed: ciphertext is forwarded, the peers see each other's certificates."""
        postern = self.postern()
        ue, far = self.certificate("ue"), self.certificate("far")
        with socket.socket() as sock:
            sock.bind(("127.0.0.1", 0))
            port = sock.getsockname()[1]
        server = subprocess.Popen(["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", far.cert, "-key", far.key,
                                   "-Verify", "1", "-naccept", "1", "-quiet"], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        for close in (server.wait, server.kill, server.stdout.close, server.stdin.close):
            self.stack.callback(close)
        deadline = time.monotonic() + p.PATIENCE
        while f":{port:04X} 00000000:0000 0A" not in pathlib.Path("/proc/net/tcp").read_text():
            self.assertLess(time.monotonic(), deadline)
            select.select([], [], [], 0.01)
        attributes = ["a=setup:active", "a=msrp-cema", f"a=fingerprint:{ue.fingerprint()}"]
        offer = p.sdp(9, "TCP/TLS/MSRP", "msrps://127.0.0.1:9/ue;tcp", attributes)
        offered = postern.ng("offer", call_id="e2e", from_tag="a", direction=["access", "core"], sdp=offer)
        self.assertEqual(offered["mode"], "e2e")
        self.assertEqual(p.attribute(offered["sdp"], "fingerprint"), ue.fingerprint())
        self.assertEqual(p.attribute(offered["sdp"], "setup"), "active")
        answered = postern.ng("answer", call_id="e2e", from_tag="a", to_tag="b", direction=["access", "core"],
                              sdp=p.sdp(port, "TCP/TLS/MSRP", f"msrps://127.0.0.1:{port}/far;tcp",
                                        ["a=setup:passive", "a=msrp-cema", f"a=fingerprint:{far.fingerprint()}"]))
        self.assertEqual(p.attribute(answered["sdp"], "fingerprint"), far.fingerprint())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.load_cert_chain(ue.cert, ue.key)
        with socket.create_connection(p.media(answered["sdp"])[:2], p.PATIENCE) as raw:
            with context.wrap_socket(raw) as client:
                self.assertEqual(client.getpeercert(binary_form=True), far.der)
                client.sendall(b"secret words\n")
                self.assertTrue(select.select([server.stdout], [], [], p.PATIENCE)[0])
                while b"secret words" not in (line := server.stdout.readline()):
                    self.assertTrue(line)
                self.assertEqual(p.terminations(postern.ng("query", call_id="e2e"))["access"]["tls-version"], "")


if __name__ == "__main__":
    unittest.main(verbosity=2)
