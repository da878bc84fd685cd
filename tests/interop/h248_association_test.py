"""How a real gateway keeps its association: another controller when its own is gone or sends it away, another version, IPv6."""
import re
import unittest

import h248_kit as kit
import h248_raw as raw
import h248_roles as roles
import postern as p

QUICK = "silence = 0.3\n[gateway.h248.timers]\nfirst_retransmission = 0.05\ngive_up = 0.5\n"


class Association(p.Case):
    def controller(self, host="127.0.0.1"):
        made = raw.Controller(host)
        self.stack.callback(made.close)
        return made

    def gateway(self, *controllers, options=QUICK, host="127.0.0.1"):
        place = [f"udp:{each.mid.replace('[127.0.0.1]', '127.0.0.1')}" for each in controllers]
        started = roles.gateway('", "'.join(place), f"{host}:0", options=options, form="pretty")
        self.stack.callback(started.stop)
        return started

    def served(self, controller):
        self.assertNotIn("Error", controller.ask("Context = - { AuditValue = ROOT { Audit { } } }"))

    def test_the_second_controller_takes_over_and_calls_go_on(self):
        first, second = self.controller(), self.controller()
        gateway = self.gateway(first, second)
        first.wait_request("Method = Restart")
        gateway.wait_log("state=registered")
        self.assertNotIn("Error", first.ask(raw.add_two(9)))
        first.close()
        self.assertRegex(second.wait_request("ServiceChange = ROOT"), r'Method = Failover,\s*Reason = "909 ')
        kit.until(lambda: second.mid in gateway.get("/v1/associations")[1], "the second one is not the controller")
        self.served(second)
        self.assertIn("Subtract = ip/1/access", second.ask("Context = 1 { Subtract = * }"))

    def test_a_controller_hands_over_to_another(self):
        first, second = self.controller(), self.controller()
        gateway = self.gateway(first, options="")
        first.wait_request("Method = Restart")
        gateway.wait_log("state=registered")
        reply = first.ask("Context = - { ServiceChange = ROOT { Services { Method = HandOff, "
                          f'Reason = "903 MGC Directed Change", MgcIdToTry = {second.mid} }} }} }}')
        self.assertNotIn("Error", reply)
        self.assertRegex(second.wait_request("ServiceChange = ROOT"), r'Method = HandOff,\s*Reason = "903 ')
        kit.until(lambda: second.mid in gateway.get("/v1/associations")[1], "the second one is not the controller")
        self.served(second)

    def test_a_controller_that_knows_version_1_only(self):
        controller = self.controller()
        accept, versions = kit.accept, []

        def old(text, mid):
            versions.append(re.search(r"Version = (\d)", text).group(1))
            return accept(text, mid).replace("Version = 2", "Version = 1")
        controller.accept = old
        gateway = self.gateway(controller)
        controller.wait_request("Method = Restart")
        gateway.wait_log("state=registered")
        controller.version = 1
        self.served(controller)
        self.assertEqual(versions[0], "2")
        self.assertIn('"version":1', gateway.get("/v1/associations")[1].replace(" ", ""))

    def test_an_error_505_makes_the_gateway_register_again(self):
        controller = self.controller()
        gateway = self.gateway(controller, options="")
        controller.wait_request("Method = Restart")
        gateway.wait_log("state=registered")
        controller.send(f'MEGACO/2 {controller.mid} Error = 505 {{ "who are you" }}'.encode())
        self.assertRegex(controller.wait_request("Method = Disconnected"), r'Reason = "900 ')
        kit.until(lambda: '"registered"' in gateway.get("/v1/associations")[1], "not registered again")
        self.served(controller)

    def test_over_ipv6(self):
        controller = self.controller("::1")
        gateway = self.gateway(controller, options="", host="[::1]")
        self.assertIn("MEGACO/1 [::1]:", controller.wait_request("Method = Restart"))
        gateway.wait_log("state=registered")
        self.served(controller)
        self.assertNotIn("Error", controller.ask(raw.add_two(9)))


if __name__ == "__main__":
    unittest.main(verbosity=2)
