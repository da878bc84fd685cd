"""What one application-aware session costs in memory while it forwards much, and while its receiver does not read: sampled
during the run, against the same process with the session idle."""
import os
import time
import unittest

import msrp_peer as m
import msrp_wire as wire
import postern as p

MEGABYTE = 1 << 20
LIMIT = 512 * 1024  # octets beyond the idle process, for one busy direction
SIZE = int(os.environ.get("POSTERN_MEMORY_MEGABYTES", "1024")) * MEGABYTE


class Sink:
    """Counts what comes in place of keeping it."""

    def __init__(self, end):
        self.octets, self.tail = 0, b""
        end.connection.link.on_octets = self.take

    def take(self, octets):
        self.octets += len(octets)
        self.tail = (self.tail + octets)[-200:]


class Memory(m.AwareCase):
    tls = (False, False)

    def setUp(self):
        super().setUp()
        self.postern_ = self.gateway(shards=1)
        # Pages that the first session touches are there for all: code, allocator, the shard's buffers.
        warm = self.ready()
        for source, sink in ((warm.a, warm.b), (warm.b, warm.a)):
            source.send(b"w" * 4 * MEGABYTE)
            sink.next()
        self.postern_.ng("delete", call_id=warm.id, from_tag="a")
        self.assertIn(warm.b.end(), ("fin", "reset"))
        self.call = self.ready()
        for _ in range(3):
            self.assert_both_ways(self.call)

    def ready(self):
        return self.aware(self.postern_, self.end(tls=self.tls[0]), self.end(tls=self.tls[1]), setup="active")

    def resident(self):
        with open(f"/proc/{self.postern_.process.pid}/status") as file:
            return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmRSS"))

    def write(self, source, size):
        """Queues one chunk of that size, the same megabyte again and again; its transaction id, how many octets."""
        tid = "huge" + os.urandom(6).hex()
        source.sent.add(tid)
        whole = wire.frame(tid, "SEND", source.remote_uri, source.uri,
                           ["Message-ID: huge1", f"Byte-Range: 1-*/{size}", "Content-Type: a/b"], b"B")
        head, tail = whole.split(b"B\r\n-------")
        block = os.urandom(MEGABYTE)
        source.write(head)
        for _ in range(size // MEGABYTE):
            source.write(block)
        source.write(b"\r\n-------" + tail)
        return tid, len(head) + size + len(tail) + 9

    def sample_until(self, condition):
        """The highest resident size seen until the condition holds, and how often it was looked at."""
        highest, samples, deadline = 0, 0, time.monotonic() + p.PATIENCE * 4
        while not condition():
            highest, samples = max(highest, self.resident()), samples + 1
            self.assertLess(time.monotonic(), deadline)
            m.select.select([], [], [], 0.002)
        return max(highest, self.resident()), samples

    def assert_within(self, idle, highest, samples, directions=1):
        print(f"{type(self).__name__}: idle {idle >> 10} KiB, at most {(highest - idle) >> 10} KiB more in {samples} samples")
        self.assertGreater(samples, 20)
        self.assertLessEqual(highest - idle, LIMIT * directions)

    def test_forwarding_a_gigabyte(self):
        idle = self.resident()
        sink = Sink(self.call.b)
        tid, octets = self.write(self.call.a, SIZE)
        highest, samples = self.sample_until(lambda: sink.octets >= octets)
        paths = [len(end.uri) + len(end.remote_uri) for end in (self.call.b, self.call.a)]
        self.assertEqual(sink.octets, octets + paths[0] - paths[1])
        self.assertTrue(sink.tail.endswith(f"\r\n-------{tid}$\r\n".encode()))
        self.assert_within(idle, highest, samples)
        self.call.b.write(wire.frame(tid, "200 OK", self.call.b.remote_uri, self.call.b.uri))
        self.assertEqual(self.call.a.response(tid).word, "200")

    def test_both_directions(self):
        idle = self.resident()
        ends = (self.call.a, self.call.b)
        sinks = [Sink(end) for end in ends]
        octets = [self.write(end, SIZE // 4)[1] for end in ends]
        highest, samples = self.sample_until(lambda: all(sink.octets >= min(octets) for sink in sinks))
        self.assert_within(idle, highest, samples, 2)

    def test_a_receiver_that_does_not_read(self):
        idle = self.resident()
        sink = Sink(self.call.b)
        self.call.b.connection.link.stop_reading()
        link = self.call.a.connection.link
        _, octets = self.write(self.call.a, 64 * MEGABYTE)
        # It has stalled where nothing moves for a good while.
        moved = [link.written, time.monotonic()]

        def stalled():
            if link.written != moved[0]:
                moved[:] = link.written, time.monotonic()
            return time.monotonic() - moved[1] > 0.5
        highest, samples = self.sample_until(stalled)
        self.assertLess(link.written, octets)
        self.assert_within(idle, highest, samples)
        self.call.b.connection.link.go_on_reading()
        highest, _ = self.sample_until(lambda: sink.octets >= octets - 200)
        self.assert_within(idle, highest, samples)


class MemoryOfTls(Memory):
    tls = (True, True)


if __name__ == "__main__":
    unittest.main(verbosity=2)
