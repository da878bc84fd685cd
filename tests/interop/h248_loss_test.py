"""Thirty calls through a controller and a gateway whose datagrams get lost, come twice, late and out of order: all end clean,
none is made twice."""
import concurrent.futures
import heapq
import itertools
import random
import re
import select
import socket
import threading
import time
import unittest

import h248_kit as kit
import h248_roles as roles
import postern as p

SEED, CALLS, AT_ONCE = 20261125, 30, 6
TIMERS = """
[{}.h248.timers]
first_retransmission = 0.05
longest_retransmission = 0.5
"""


class BadWire:
    """Between the gateway and the controller; keeps what it saw. Which datagram suffers what follows from the seed and the order
    in which they come."""

    def __init__(self, controller, seed, loss=0.2, twice=0.2, late=0.3, latest=0.3):
        self.dice, self.loss, self.twice, self.late, self.latest = random.Random(seed), loss, twice, late, latest
        self.controller = controller
        self.near, self.far = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
        for sock in (self.near, self.far):
            sock.bind(("127.0.0.1", 0))
        self.port = self.near.getsockname()[1]
        self.gateway, self.seen, self.lost, self.ended = None, [], 0, threading.Event()
        self.waiting, self.order = [], itertools.count()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        while not self.ended.is_set():
            wait = max(0.0, self.waiting[0][0] - time.monotonic()) if self.waiting else 0.05
            for sock in select.select([self.near, self.far], [], [], min(wait, 0.05))[0]:
                data, peer = sock.recvfrom(65536)
                if sock is self.near:
                    self.gateway = peer
                self.schedule(data, self.far if sock is self.near else self.near)
            while self.waiting and self.waiting[0][0] <= time.monotonic():
                _, _, data, sock = heapq.heappop(self.waiting)
                sock.sendto(data, self.controller if sock is self.far else self.gateway)

    def schedule(self, data, sock):
        self.seen.append(data)
        for _ in range(2 if self.dice.random() < self.twice else 1):
            lost = self.dice.random() < self.loss
            delay = self.dice.uniform(0, self.latest) if self.dice.random() < self.late else 0
            self.lost += lost
            if not lost:
                heapq.heappush(self.waiting, (time.monotonic() + delay, next(self.order), data, sock))

    def stop(self):
        self.ended.set()
        self.thread.join(p.PATIENCE)
        self.near.close()
        self.far.close()


class Lossy(p.Case):
    def test_every_call_ends_clean_and_none_is_made_twice(self):
        port = p.free_range(1)
        self.stack.callback(p.release_range, port)
        self.stack.enter_context(kit.watched(self, self.folder, port))
        controller = roles.controller(f"udp:127.0.0.1:{port}", TIMERS.format("controller"), form="pretty")
        self.stack.callback(controller.stop)
        wire = BadWire(("127.0.0.1", port), SEED)
        self.stack.callback(wire.stop)
        # A name for itself, so that the controller knows no way round the wire.
        gateway = roles.gateway(f"udp:127.0.0.1:{wire.port}", "127.0.0.1:0", TIMERS.format("gateway"), 'mid = "<gw1.test>"',
                                form="pretty")
        self.stack.callback(gateway.stop)
        kit.until(lambda: '"registered"' in controller.get("/v1/associations")[1].replace(" ", ""), "never registered")
        before = gateway.descriptors()
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            for ended in [pool.submit(self.one, roles.Ng(controller, number), number) for number in range(CALLS)]:
                ended.result()
        self.assertGreater(wire.lost, CALLS)
        for end in (gateway, controller):  # what was lost came again, and what came again was known
            self.assertGreater(end.metric("postern_h248_retransmissions_total"), 0)
            self.assertGreater(end.metric("postern_h248_transactions_total", result="repeated"), 0)
        kit.until(lambda: gateway.metric("postern_contexts") == 0, "contexts are left")
        gateway.wait_descriptors(before)
        made = {int(number) for text in wire.seen for number in re.findall(rb"Context = (\d+) \{\s*Add", text)}
        self.assertEqual(made, set(range(1, CALLS + 1)))  # the gateway counts them up
        records = controller.wait_records(CALLS)
        self.assertEqual(len({record["call_id"] for record in records}), CALLS)

    def one(self, ng, number):
        """A call from offer to delete with a message each way."""
        with p.contextlib.ExitStack() as stack:
            stack.callback(ng.close)
            callee, caller = p.Peer(), p.Peer()
            stack.callback(callee.close)
            stack.callback(caller.close)
            offered = roles.offer(ng, f"call-{number}")
            self.assertEqual(offered["result"], "ok", offered)
            caller.connect(roles.answer(ng, f"call-{number}", callee.listen()))
            message = p.send_frame(f"t{number}", "msrp://127.0.0.1:9/b;tcp", "msrp://127.0.0.1:9/a;tcp", b"hello")
            caller.sock.sendall(message)
            callee.accept()
            self.assertEqual(callee.read(len(message)), message)
            callee.sock.sendall(message)
            self.assertEqual(caller.read(len(message)), message)
            self.assertEqual(ng.ng("delete", call_id=f"call-{number}", from_tag="a")["result"], "ok")


if __name__ == "__main__":
    unittest.main(verbosity=2)
