"""`postern controller` over a gateway that we did not write, on Erlang's megaco: it is registered, audited, commanded by calls
whose octets it carries, and missed when it is gone. All that passes goes through tshark."""
import json
import unittest

import h248_kit as kit
import h248_megaco as megaco
import h248_relay as relay
import h248_roles as roles
import postern as p

RESTART = 'Context = - { ServiceChange = ROOT { Services { Method = Restart, Reason = "901 Cold Boot", Version = 2 } } }'
QUICK = """heartbeat = 0.2
[controller.h248.timers]
give_up = 1
"""


class CallAndLoss(p.Case):
    carrier, form = "udp", "compact"

    def setUp(self):
        super().setUp()
        self.port = p.free_range(2)
        self.stack.callback(p.release_range, self.port)
        self.stack.enter_context(kit.watched(self, self.folder, self.port))

    def controller(self, options=""):
        started = roles.controller(f"{self.carrier}:127.0.0.1:{self.port}", options=options, form=self.form)
        self.stack.callback(started.stop)
        return started

    def gateway(self, controller, left_over=()):
        """A registered gateway in the pool."""
        words = relay.Gateway(left_over)
        self.stack.callback(words.close)
        words.megaco = megaco.Megaco("mg", self.carrier, self.form, self.port + 1, self.port, words.answer)
        self.stack.callback(words.megaco.stop)
        self.registration = words.megaco.ask(RESTART, version=1)
        words.megaco.tell("version 2")
        self.assertIsNone(megaco.error_of(self.registration), self.registration)
        kit.until(lambda: self.states(controller) == ["registered"], "the gateway never came into the pool")
        return words

    def states(self, controller):
        status, text = controller.get("/v1/associations")
        self.assertEqual(status, 200)
        found = json.loads(text)["associations"]
        return [each["state"] for each in found]

    def call(self, controller, call_id="call-1"):
        """Offer and answer between two plain UEs; (callee, where the caller is to connect)."""
        callee, offered = self.peer(), roles.offer(controller, call_id)
        if offered["result"] != "ok":
            return offered, None
        return callee, roles.answer(controller, call_id, callee.listen())

    def test_a_call_through_it(self):
        controller = self.controller()
        gateway = self.gateway(controller)
        self.assertRegex(self.registration, r"(?is)ServiceChange = root \{\s*Services \{.*Version = 2")
        callee, address = self.call(controller)
        caller = self.peer()
        caller.connect(address)
        callee.accept()
        there = p.send_frame("t1", "msrp://127.0.0.1:9/b;tcp", "msrp://127.0.0.1:9/a;tcp", b"hello")
        caller.sock.sendall(there)
        self.assertEqual(callee.read(len(there)), there)
        back = p.response_frame("t1", "msrp://127.0.0.1:9/a;tcp", "msrp://127.0.0.1:9/b;tcp")
        callee.sock.sendall(back)
        caller.sock.settimeout(p.PATIENCE)
        self.assertEqual(caller.read(len(back)), back)
        deleted = controller.ng("delete", call_id="call-1", from_tag="a")
        self.assertEqual(deleted["result"], "ok", deleted)
        octets = sorted((t["octets-in"], t["octets-out"]) for section in deleted["sections"] for t in section["terminations"])
        self.assertEqual(octets, sorted([(len(there), len(back)), (len(back), len(there))]))
        self.assertEqual(gateway.contexts, {})
        self.assertEqual(gateway.megaco.wrong, [])

    def test_its_loss_ends_its_calls_at_once_and_new_ones_are_refused(self):
        controller = self.controller(QUICK)
        gateway = self.gateway(controller)
        self.call(controller)
        gateway.megaco.process.kill()
        record, = controller.wait_records(1)
        self.assertIn("gateway_lost", json.dumps(record))
        self.assertNotIn("registered", self.states(controller))
        refused, _ = self.call(controller, "call-2")
        self.assertEqual((refused["result"], refused["error-reason"]), ("error", "Parallel session limit reached"))


class CallAndLossPrettyTcp(CallAndLoss):
    carrier, form = "tcp", "pretty"


class Procedures(CallAndLoss):
    carrier, form = "udp", "pretty"

    def test_what_an_earlier_life_left_is_subtracted(self):
        controller = self.controller()
        gateway = self.gateway(controller, [("77", "ip/1/access/5"), ("78", "ip/1/core/6")])
        kit.until(lambda: not gateway.left_over, f"still there: {gateway.left_over}")
        self.assertEqual(gateway.megaco.wrong, [])

    def test_what_it_refuses_the_proxy_hears_of(self):
        controller = self.controller()
        gateway = self.gateway(controller)
        gateway.refuse = '510 { "Ran out of ports" }'
        refused, _ = self.call(controller)
        self.assertEqual((refused["result"], refused["error-reason"]), ("error", "Ran out of ports"))
        gateway.refuse = None
        self.assertIsNotNone(self.call(controller, "call-2")[1])
        self.assertEqual(gateway.megaco.wrong, [])

    def test_a_heartbeat_of_a_termination_is_answered_by_whether_it_is_known(self):
        controller = self.controller()
        gateway = self.gateway(controller)
        self.call(controller)
        (context, known), = gateway.contexts.items()
        beat = "Context = {} {{ Notify = {} {{ ObservedEvents = 1 {{ 20261123T12000000:hangterm/thb }} }} }}"
        for name in known:
            self.assertIsNone(megaco.error_of(gateway.megaco.ask(beat.format(context, name))))
        self.assertIn(megaco.error_of(gateway.megaco.ask(beat.format(4711, "ip/1/core/99")))[0], (411, 430))
        self.assertEqual(gateway.megaco.wrong, [])


class ProceduresCompactTcp(Procedures):
    carrier, form = "tcp", "compact"


if __name__ == "__main__":
    unittest.main(verbosity=2)
