"""`postern gateway` and `postern controller`, each on its own, with something else as the other end of H.248."""
import socket
import tempfile

import postern as p

REALMS = """
[[realm]]
name = "access"
address = "127.0.0.1"
ports = "{}-{}"
[[realm]]
name = "core"
address = "127.0.0.1"
ports = "{}-{}"
e2ae = "off"
"""


class Role(p.Postern):
    """A process with an admin port, and NG where it is a controller. `first_port` begins its ports for media."""

    def __init__(self, role, config, first_port):
        self.folder = tempfile.mkdtemp(prefix=f"postern-{role}-")
        self.killed, self.first_port, self.cookies = False, first_port, 0
        self.text, self.processes = '[admin]\nlisten = "127.0.0.1:0"\n' + config, []
        self._start(role, "", ())
        self.ng_socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        if "ng" in self.control.ready:
            host, _, port = self.control.ready["ng"].split(",")[0].removeprefix("udp:").rpartition(":")
            self.ng_address = (host, int(port))
            self.ng_socket.connect(self.ng_address)


def realms(first, ports=80):
    half = ports // 2
    return REALMS.format(first, first + half - 1, first + half, first + ports - 1)


def gateway(mgc, bind, config="", options="", form="compact", ports=80):
    """A gateway that registers with `mgc` ("udp:127.0.0.1:2944"); `options` of [gateway.h248]."""
    first = p.free_range(ports)
    return Role("gateway", f"""{realms(first, ports)}
[gateway]
shards = 2
[gateway.h248]
mgc = ["{mgc}"]
bind = "{bind}"
profile = "IqProfile/1"
form = "{form}"
avalanche = 0
{options}
{config}
""", first)


def controller(listen, config="", options="", form="compact"):
    """A controller that listens for gateways on `listen` ("udp:127.0.0.1:2944")."""
    first = p.free_range(80)  # its realms' ports are the gateways' business: nothing of it is bound
    return Role("controller", f"""[ng]
listen = ["udp:127.0.0.1:0"]
{realms(first)}
[controller]
gateways = ["h248"]
[controller.h248]
listen = ["{listen}"]
form = "{form}"
{options}
{config}
""", first)


def offer(ng, call_id):
    """From a plain UE that connects; the reply. `ng` is a controller, or an Ng."""
    return ng.ng("offer", call_id=call_id, from_tag="a", direction=["core", "core"],
                 sdp=p.sdp(9, path="msrp://127.0.0.1:9/a;tcp", attributes=["a=setup:active", "a=msrp-cema"]))


def answer(ng, call_id, port):
    """From a plain UE that listens on `port`; where the first one is to connect."""
    answered = ng.ng("answer", call_id=call_id, from_tag="a", to_tag="b", direction=["core", "core"],
                     sdp=p.sdp(port, path=f"msrp://127.0.0.1:{port}/b;tcp", attributes=["a=setup:passive", "a=msrp-cema"]))
    assert answered["result"] == "ok", answered
    return p.media(answered["sdp"])[:2]


class Ng:
    """A proxy of its own: for several at a time, each with a number."""
    ng, raw_ng = p.Postern.ng, p.Postern.raw_ng

    def __init__(self, controller, number):
        self.cookies = number * 1_000_000
        self.ng_socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.ng_socket.connect(controller.ng_address)

    def close(self):
        self.ng_socket.close()
