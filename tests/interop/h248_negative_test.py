"""Who is not the controller commands nothing, who is not a gateway of ours does not register, and no octets on the H.248 ports do
harm: floods, garbage, broken TPKT."""
import json
import random
import socket
import struct
import unittest

import h248_kit as kit
import h248_raw as raw
import h248_roles as roles
import postern as p

STRANGER, ONLY_US = "127.0.0.77", 'allow = ["127.0.0.1/32"]'
RESTART = ("MEGACO/1 {} Transaction = {} {{ Context = - {{ ServiceChange = ROOT {{ Services {{ Method = Restart, "
           'Reason = "901 Cold Boot", Version = 2 }} }} }} }}')


def tpkt(message):
    return struct.pack(">BBH", 3, 0, len(message) + 4) + message


def noise(dice):
    """Octets of all kinds: chance, half messages, messages with an octet changed."""
    message = bytearray(dice.choice(list(kit.samples().values())))
    kind = dice.randrange(3)
    if kind == 0:
        return dice.randbytes(dice.randrange(1500))
    if kind == 1:
        return bytes(message[:dice.randrange(len(message))])
    message[dice.randrange(len(message))] = dice.randrange(256)
    return bytes(message)


class Gateway(p.Case):
    """A gateway whose controller is we, and a stranger on another address."""

    def setUp(self):
        super().setUp()
        self.controller, self.stranger = raw.Controller(), raw.Controller(STRANGER)
        for each in (self.controller, self.stranger):
            self.stack.callback(each.close)

    def gateway(self, **options):
        self.bound = ("127.0.0.1", p.free_range(1))
        self.stack.callback(p.release_range, self.bound[1])
        started = roles.gateway(f"udp:127.0.0.1:{self.controller.port}", f"127.0.0.1:{self.bound[1]}", form="pretty", **options)
        self.stack.callback(started.stop)
        self.controller.wait_request("Method = Restart")
        started.wait_log("state=registered")
        return started

    def live(self):
        """That the controller is still served."""
        self.assertNotIn("Error", self.controller.ask("Context = - { AuditValue = ROOT { Audit { } } }"))

    def test_a_third_party_commands_nothing(self):
        gateway = self.gateway()
        self.assertNotIn("Error", self.controller.ask(raw.add_two(9)))
        self.assertEqual(gateway.metric("postern_contexts"), 1)
        sent = ["Context = 1 { Subtract = * }", "Context = * { Subtract = * }", raw.add_two(9),
                "Context = - { ServiceChange = ROOT { Services { Method = Forced, Reason = \"905\" } } }",
                "Context = - { AuditValue = ROOT { Audit { Media } } }"]
        for actions in sent:
            self.stranger.send(self.stranger.transaction(actions), self.bound)
            forged = self.stranger.transaction(actions).replace(self.stranger.mid.encode(), self.controller.mid.encode())
            self.stranger.send(forged, self.bound)  # a mId is not an address
        kit.until(lambda: gateway.metric("postern_h248_refused_source_total") == 2 * len(sent), "not all were refused")
        self.assertEqual(gateway.metric("postern_contexts"), 1)
        self.live()
        self.assertIsNone(self.stranger.receive(0), "a stranger was answered")

    def test_another_address_commands_where_it_is_allowed(self):
        gateway = self.gateway(options=f'allow = ["{STRANGER}/32"]')
        self.stranger.gateway = self.bound
        self.assertNotIn("Error", self.stranger.ask(raw.add_two(9)))
        self.assertEqual(gateway.metric("postern_contexts"), 1)

    def test_floods_and_garbage_do_no_harm(self):
        gateway, dice = self.gateway(), random.Random(5)
        self.controller.ask(raw.add_two(9))
        before = gateway.descriptors()
        for _ in range(3000):
            self.controller.send(noise(dice))
            self.stranger.send(noise(dice), self.bound)
        for data in (b"", b"\0" * 65000, b"MEGACO/2 x " + b"{" * 60000, b"!/2 x\nT=1{C=1{" + b"A=a," * 15000 + b"A=a}}",
                     b"!/9 x\nT=1{C=-{AV=ROOT{AT{}}}}", b'!/2 x\nT=1{C=-{AV="' + b"a" * 60000):
            self.controller.send(data)
            self.stranger.send(data, self.bound)
        kit.until(lambda: self.served(), "the controller is not served any more")
        self.live()
        self.assertLessEqual(gateway.descriptors(), before + 2)  # a sample may have made a context
        self.assertIsNone(self.stranger.receive(0), "a stranger was answered")

    def served(self):
        """Whether a command is answered: the flood may have filled the socket's buffer, as a loss."""
        try:
            self.controller.send(self.controller.transaction("Context = - { AuditValue = ROOT { Audit { } } }"))
            wanted, deadline = f"Reply = {self.controller.last} {{", p.time.monotonic() + 0.3
            while text := self.controller.receive(deadline):
                if wanted in text:
                    return True
        except ConnectionError:
            pass
        return False

    def test_a_reply_that_was_never_asked_for_and_an_error_change_nothing(self):
        self.gateway()
        for data in (b"!/2 x\nP=1{C=1{S=*}}", b"!/2 x\nK{1-5}", b"!/2 x\nPN=5{}", b'!/2 x\nER=400{"no"}'):
            self.controller.send(data)
        self.live()


class Controller(p.Case):
    def setUp(self):
        super().setUp()
        self.port = p.free_range(1)
        self.stack.callback(p.release_range, self.port)

    def controller(self, carrier, **options):
        started = roles.controller(f"{carrier}:0.0.0.0:{self.port}", form="pretty", **options)
        self.stack.callback(started.stop)
        return started

    def associations(self, controller):
        found = json.loads(controller.get("/v1/associations")[1])["associations"]
        return [each["state"] for each in found]

    def gateway(self, carrier):
        started = roles.gateway(f"{carrier}:127.0.0.1:{self.port}", "127.0.0.1:0", form="pretty")
        self.stack.callback(started.stop)
        return started

    def registered(self, controller):
        kit.until(lambda: self.associations(controller) == ["registered"], "the real gateway is not served")

    def test_a_third_party_does_not_register(self):
        controller, stranger = self.controller("udp", options=ONLY_US), raw.Controller(STRANGER)
        self.stack.callback(stranger.close)
        for number in range(1, 6):
            stranger.send(RESTART.format("[127.0.0.1]:2944", number).encode(), ("127.0.0.1", self.port))
        kit.until(lambda: controller.metric("postern_h248_refused_source_total") == 5, "not all were refused")
        self.assertEqual(self.associations(controller), [])
        self.assertIsNone(stranger.receive(0), "a stranger was answered")
        self.gateway("udp")
        self.registered(controller)

    def test_a_third_party_is_not_even_connected(self):
        controller = self.controller("tcp", options=ONLY_US)
        with socket.create_connection(("127.0.0.1", self.port), p.PATIENCE, source_address=(STRANGER, 0)) as sock:
            sock.sendall(tpkt(RESTART.format("<gw>", 1).encode()))
            self.assertEqual(self.rest(sock), b"")
        self.assertEqual(self.associations(controller), [])

    def rest(self, sock):
        try:
            sock.settimeout(p.PATIENCE)
            return sock.recv(65536)
        except ConnectionError:
            return b""

    def test_broken_tpkt_closes_the_connection_and_nothing_else(self):
        controller = self.controller("tcp")
        before = controller.descriptors()
        for octets in (b"\x02\0\0\x08oops", b"\x03\0\0\x00", b"\x03\0\0\x04", b"GET / HTTP/1.0\r\n\r\n", b"\x16\x03\x01\0\xf4\x01"):
            with socket.create_connection(("127.0.0.1", self.port), p.PATIENCE) as sock:
                sock.sendall(octets)
                self.assertEqual(self.rest(sock), b"", octets)
        truncated = [socket.create_connection(("127.0.0.1", self.port), p.PATIENCE) for _ in range(50)]
        for sock in truncated:
            sock.sendall(b"\x03\0\xff\xff" + b"MEGACO/2 x " * 100)
        self.gateway("tcp")
        self.registered(controller)
        for sock in truncated:
            sock.close()
        controller.wait_descriptors(before + 1)  # the gateway's

    def test_more_connections_than_are_taken(self):
        controller = self.controller("tcp")
        before = controller.descriptors()
        with p.contextlib.ExitStack() as many:
            for _ in range(400):
                many.enter_context(socket.create_connection(("127.0.0.1", self.port), p.PATIENCE, source_address=(STRANGER, 0)))
            kit.until(lambda: controller.descriptors() > before, "none was taken")
            self.assertLessEqual(controller.descriptors(), before + 260)
        controller.wait_descriptors(before)
        self.gateway("tcp")
        self.registered(controller)

    def test_garbage_from_who_may_register(self):
        controller, dice = self.controller("udp"), random.Random(6)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            for _ in range(3000):
                sock.sendto(noise(dice), ("127.0.0.1", self.port))
        self.gateway("udp")
        kit.until(lambda: "registered" in self.associations(controller), "the real gateway is not served")


if __name__ == "__main__":
    unittest.main(verbosity=2)
