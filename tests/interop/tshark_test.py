"""tshark as the judge of what stands on the wire: it finds every SEND, response and REPORT, and no malformed frame."""
import collections
import json
import os
import pathlib
import re
import select
import subprocess
import time
import unittest

import postern as p


class Capture:
    """dumpcap on loopback for what the filter lets through; stopped once the expected octets are in the file."""

    def __init__(self, path, what):
        self.path = path
        self.process = subprocess.Popen(["dumpcap", "-q", "-B", "16", "-i", "lo", "-f", what, "-n", "-w", path],
                                        stderr=subprocess.PIPE)
        self._wait_for(b"File:")

    def _wait_for(self, text):
        seen, deadline = b"", time.monotonic() + p.PATIENCE
        while text not in seen:
            if not select.select([self.process.stderr], [], [], max(0, deadline - time.monotonic()))[0]:
                raise AssertionError(f"dumpcap: {seen!r}")
            piece = os.read(self.process.stderr.fileno(), 4096)
            if not piece:
                raise AssertionError(f"dumpcap ended: {seen!r}")
            seen += piece

    def wait_for_octets(self, octets):
        deadline = time.monotonic() + p.PATIENCE
        while os.path.getsize(self.path) < octets:
            if time.monotonic() > deadline:
                raise AssertionError(f"the capture has {os.path.getsize(self.path)} of {octets} octets")
            select.select([], [], [], 0.01)

    def wait_for(self, octets):
        """Until these are in the file: whatever came before them is, too."""
        deadline = time.monotonic() + p.PATIENCE
        while octets not in pathlib.Path(self.path).read_bytes():
            assert time.monotonic() < deadline, f"{octets!r} never came into the capture"
            select.select([], [], [], 0.01)

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(p.PATIENCE)
        self.process.stderr.close()


def tshark(*args):
    return subprocess.run(["tshark", "-n", *args], capture_output=True, text=True, check=True,
                          timeout=p.PATIENCE * 2).stdout


def streams(path):
    """The octets of the two directions of the first TCP connection in a capture."""
    sides = [b"", b""]
    for line in tshark("-r", path, "-q", "-z", "follow,tcp,raw,0").splitlines():
        if re.fullmatch(r"\t?[0-9a-f]+", line):
            sides[line.startswith("\t")] += bytes.fromhex(line.strip())
    return sides


def messages(stream):
    """Cuts a stream behind each end-line: a reference so simple that it can be trusted."""
    while stream:
        tid = re.match(rb"MSRP (\S+) ", stream).group(1)
        end = re.search(rb"(\r\n|^)-------" + re.escape(tid) + rb"[$+#]\r\n", stream, re.M).end()
        yield stream[:end]
        stream = stream[end:]


def count(folder, stream):
    """How many of each method and status code tshark sees in it, and which frames it calls malformed. Its dissector
    looks at the first message of a segment only, and a relay may put several into one; so each gets segments of its own."""
    text = []
    for message in messages(stream):
        for start in range(0, len(message), 1400):
            piece = message[start:start + 1400]
            text += [f"{i:06x} {piece[i:i + 16].hex(' ')}" for i in range(0, len(piece), 16)] + [""]
    pathlib.Path(folder, "stream.txt").write_text("\n".join(text) + "\n")
    subprocess.run(["text2pcap", "-q", "-T", "2855,2855", f"{folder}/stream.txt", f"{folder}/stream.pcap"], check=True,
                   capture_output=True)
    rows = tshark("-r", f"{folder}/stream.pcap", "-o", "tcp.desegment_tcp_streams:TRUE", "-T", "fields", "-e", "msrp.method", "-e",
                  "msrp.status.code")
    malformed = tshark("-r", f"{folder}/stream.pcap", "-Y", "_ws.malformed || (tcp.len > 0 && !msrp && !tcp.segment_data && !tcp.reassembled_in)")
    return collections.Counter(rows.split()), malformed


class OnTheWire(p.Case):
    def test_every_message_of_a_conversation_is_seen_on_the_plain_leg(self):
        """Our own UEs through the gateway: TLS on one leg, and on the other exactly the messages that were sent."""
        postern = self.postern()
        low, high = postern.core_ports.split("-")
        capture = Capture(f"{self.folder}/core.pcapng", f"tcp portrange {low}-{high}")
        self.stack.callback(capture.stop)
        out = f"{self.folder}/out"
        os.mkdir(out)
        receiver = subprocess.Popen([p.BINARY, "ue", "receive", "--signal", "127.0.0.1:0", "--out", out, "--json"],
                                    stdout=subprocess.PIPE, text=True)
        self.stack.callback(receiver.stdout.close)
        self.stack.callback(receiver.wait)
        self.stack.callback(receiver.kill)
        ready = json.loads(receiver.stdout.readline())
        signal_address = ready["signal"]
        file = pathlib.Path(self.folder, "file.bin")
        # Some dissector of tshark's takes a body with a semicolon among its first octets for its own, and calls it malformed.
        file.write_bytes(os.urandom(300_000).replace(b";", b":"))
        host, port = postern.ng_address
        sender = subprocess.run([p.BINARY, "ue", "send", "--to", f"http://{signal_address}", "--ng", f"{host}:{port}",
                                 "--direction", "access,core", "--e2ae", "--file", str(file), "--json"],
                                capture_output=True, text=True, timeout=p.PATIENCE * 2)
        self.assertEqual(sender.returncode, 0, sender.stdout + sender.stderr)
        self.assertEqual(receiver.wait(p.PATIENCE), 0)
        received = [f for f in os.listdir(out)]
        self.assertEqual([pathlib.Path(out, f).read_bytes() for f in received], [file.read_bytes()])
        events = [json.loads(line) for line in sender.stdout.splitlines()]
        summary = next(e for e in events if e["event"] == "summary")
        core = p.terminations(summary["gateway"])["core"]
        capture.wait_for_octets(core["octets-in"] + core["octets-out"] + 2000)
        capture.stop()
        for octets in streams(f"{self.folder}/core.pcapng"):
            way = "in" if octets.startswith(b"MSRP") and len(octets) == core["octets-in"] else "out"
            self.assertEqual(len(octets), core[f"octets-{way}"])
            seen, malformed = count(self.folder, octets)
            self.assertEqual(malformed, "")
            self.assertEqual(seen, collections.Counter(core[f"messages-{way}"]))
        total = collections.Counter(core["messages-in"]) + collections.Counter(core["messages-out"])
        self.assertEqual(total["SEND"], 2)  # the binding one, and the file in one chunk
        self.assertEqual(total["200"], 2)
        self.assertGreaterEqual(total["REPORT"], 1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
