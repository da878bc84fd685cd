"""kill -9 of either end at any step of a call: once the timers have run nothing of it is left at the other, and the next call
goes through."""
import json
import unittest

import h248_kit as kit
import h248_roles as roles
import postern as p

QUICK = """
[{}.h248.timers]
first_retransmission = 0.05
give_up = 0.5
"""
STEPS = ("registered", "offered", "answered", "connected")


class Killed(p.Case):
    carrier = "udp"

    def setUp(self):
        super().setUp()
        self.port = p.free_range(2)
        self.stack.callback(p.release_range, self.port)
        self.stack.enter_context(kit.watched(self, self.folder, self.port))

    def controller(self):
        started = roles.controller(f"{self.carrier}:127.0.0.1:{self.port}", QUICK.format("controller"),
                                   "heartbeat = 0.2\ninactivity = 0.5")
        self.stack.callback(started.stop)
        return started

    def gateway(self):
        started = roles.gateway(f"{self.carrier}:127.0.0.1:{self.port}", f"127.0.0.1:{self.port + 1}", QUICK.format("gateway"),
                                "silence = 0.5\norphan = 0.5")
        self.stack.callback(started.stop)
        return started

    def states(self, controller):
        found = json.loads(controller.get("/v1/associations")[1])["associations"]
        return [each["state"] for each in found]

    def served(self, controller):
        kit.until(lambda: "registered" in self.states(controller), f"no gateway is served: {self.states(controller)}")

    def call(self, controller, step, call_id):
        """As far as `step`."""
        callee, caller = self.peer(), self.peer()
        port = callee.listen()
        if step == "registered":
            return
        offered = roles.offer(controller, call_id)
        self.assertEqual(offered["result"], "ok", offered)
        if step == "offered":
            return
        address = roles.answer(controller, call_id, port)
        if step == "answered":
            return
        caller.connect(address)
        caller.sock.sendall(b"x" * 10)  # who says nothing may be anybody: it is not passed on
        callee.accept()
        self.assertEqual(callee.read(10), b"x" * 10)

    def emptied(self, gateway):
        kit.until(lambda: gateway.metric("postern_contexts") == 0, "a context is left")

    def ended(self, controller, call_id):
        return {section["state"] for section in controller.ng("query", call_id=call_id)["sections"]} == {"ended"}

    def ends(self, controller, call_id):
        """A whole call."""
        self.call(controller, "connected", call_id)
        self.assertEqual(controller.ng("delete", call_id=call_id, from_tag="a")["result"], "ok")

    def test_the_gateway(self):
        controller = self.controller()
        for number, step in enumerate(STEPS):
            with self.subTest(step):
                gateway = self.gateway()
                self.served(controller)
                self.call(controller, step, f"lost-{number}")
                gateway.kill()
                kit.until(lambda: "registered" not in self.states(controller), "the gateway counts as registered")
                if step != "registered":
                    kit.until(lambda: self.ended(controller, f"lost-{number}"), "the call goes on")
                    self.assertEqual(controller.ng("delete", call_id=f"lost-{number}", from_tag="a")["result"], "ok")
                gateway = self.gateway()
                self.served(controller)
                self.ends(controller, f"next-{number}")
                self.emptied(gateway)
                gateway.stop()
                kit.until(lambda: "registered" not in self.states(controller), "a gateway that left counts as registered")
        self.assertEqual(controller.ng("list")["calls"], [])

    def test_the_controller(self):
        gateway = None
        for number, step in enumerate(STEPS):
            with self.subTest(step):
                controller = self.controller()
                self.addCleanup(controller.kill)
                gateway = gateway or self.gateway()
                self.served(controller)
                self.emptied(gateway)
                before = gateway.descriptors()
                self.call(controller, step, f"lost-{number}")
                self.assertEqual(gateway.metric("postern_contexts"), step != "registered")
                controller.kill()
                self.emptied(gateway)
                gateway.wait_descriptors(before)
                controller = self.controller()
                self.served(controller)
                self.ends(controller, f"next-{number}")
                controller.kill()

    def test_the_controller_and_another_is_there_before_the_gateway_missed_it(self):
        """What the dead one had made is found and subtracted by the new one."""
        controller = self.controller()
        gateway = roles.gateway(f"{self.carrier}:127.0.0.1:{self.port}", f"127.0.0.1:{self.port + 1}", QUICK.format("gateway"),
                                "silence = 0.5\norphan = 600")
        self.stack.callback(gateway.stop)
        self.served(controller)
        self.call(controller, "connected", "lost")
        controller.kill()
        controller = self.controller()
        self.served(controller)
        self.emptied(gateway)
        self.ends(controller, "next")


class KilledOverTcp(Killed):
    carrier = "tcp"


if __name__ == "__main__":
    unittest.main(verbosity=2)
