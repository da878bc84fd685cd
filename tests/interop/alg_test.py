"""The IMS-ALG with real octets: peers that find each other and recognise their sessions as their kind does, over every
kind of pair, re-offers, forks, names, and the event of a lost bearer."""
import http.server
import itertools
import json
import queue
import re
import threading
import unittest
import urllib.request

import postern as p


class MsrpPeer:
    """An endpoint of one kind: `cema` connects to c= and m= and compares whole URIs, `plain` connects to the path and
    compares whole URIs, `sessmatch` connects to the path and compares session-ids."""

    def __init__(self, case, kind, session, can_listen=True):
        self.case, self.kind, self.session = case, kind, session
        self.peer = case.peer()
        self.port = self.peer.listen() if can_listen else 9
        self.uri = f"msrp://127.0.0.1:{self.port}/{session};tcp"
        self.remote_uri = None

    def sdp(self, setup, extra=()):
        attributes = [f"a=setup:{setup}"] if setup else []
        if self.kind == "cema":
            attributes.append("a=msrp-cema")
        return p.sdp(self.port, path=self.uri, attributes=[*attributes, *extra])

    def learn(self, text):
        """Reads the other side's SDP, as it was shown."""
        self.remote_uri = p.attribute(text, "path")
        self.remote_setup = p.attribute(text, "setup")
        host, port, _ = p.media(text)
        by_path = re.match(r"msrps?://\[?([^/\]]+)\]?:(\d+)/", self.remote_uri)
        self.target = (host, port) if self.kind == "cema" else (by_path[1], int(by_path[2]))
        # RFC 6714 4.3: c= and m= that are not the path's, and nobody says that this is meant.
        if self.kind == "cema" and (host, port) != (by_path[1], int(by_path[2])):
            self.case.assertEqual(p.attribute(text, "msrp-cema"), "", text)

    def accepts(self, uri):
        if self.kind == "sessmatch":
            return uri.rsplit("/", 1)[1] == self.uri.rsplit("/", 1)[1]
        return uri == self.uri

    def connect(self):
        self.peer.connect(self.target)

    def send(self, body):
        self.peer.sock.sendall(p.send_frame("t" + self.session, self.remote_uri, self.uri, body))

    def receive(self, size):
        frame = self.peer.read(size).decode()
        to_path = re.search(r"^To-Path: (\S+)\r$", frame, re.M)[1]
        self.case.assertTrue(self.accepts(to_path), f"{self.kind} {self.uri} answers 481 to {to_path}")
        return frame


def answer_setup(offered):
    """RFC 6135 4.2.2: who can be reached leaves the connecting to the offerer."""
    return {"passive": "active"}.get(offered, "passive")


class Pairs(p.Case):
    def converse(self, postern, offerer, answerer, call_id, setup, answer=None, **flags):
        """Offer, answer, connections, a SEND each way. Returns the answer's reply, or None where it was refused."""
        offered = postern.ng("offer", call_id=call_id, from_tag="a", direction=["access", "core"], sdp=offerer.sdp(setup),
                             **flags)
        if offered["result"] != "ok":
            self.assertIn("application-aware", offered["error-reason"])
            return None
        answerer.learn(offered["sdp"])
        role = answer or answer_setup(answerer.remote_setup)
        answered = postern.ng("answer", call_id=call_id, from_tag="a", to_tag="b", sdp=answerer.sdp(role))
        if p.media(answered["sdp"])[1] == 0:
            self.assertIn("application-aware", answered["why"])
            return None
        offerer.learn(answered["sdp"])
        roles = {offerer: offerer.remote_setup == "passive", answerer: role == "active"}
        for end, active in roles.items():
            if active:
                end.connect()
                end.send(b"first of " + end.session.encode())
        for end, active in roles.items():
            if not active:
                end.peer.accept()
        for end, active in roles.items():
            if not active:
                end.send(b"first of " + end.session.encode())
        for end, other in ((offerer, answerer), (answerer, offerer)):
            size = len(p.send_frame("t" + other.session, other.remote_uri, other.uri, b"first of " + other.session.encode()))
            self.assertIn("first of " + other.session, end.receive(size))
        return answered

    def test_every_pair_of_kinds_is_served_or_refused_with_the_reason(self):
        postern = self.postern()
        # Rows: offerer, columns: recipient cema, sessmatch, plain. What the gateway can serve without rewriting messages,
        # if the offerer can be reached (actpass) and if it can only connect (active). That an offerer is sessmatch only its
        # realm's profile can tell, which is `auto` here: it counts as plain.
        served = {"actpass": {"cema": "111", "sessmatch": "110", "plain": "110"},
                  "active": {"cema": "111", "sessmatch": "010", "plain": "010"}}
        kinds = ("cema", "sessmatch", "plain")
        for setup, kind, (column, other) in itertools.product(served, kinds, enumerate(kinds)):
            with self.subTest(setup=setup, offerer=kind, recipient=other):
                offerer = MsrpPeer(self, kind, "a-session", can_listen=setup == "actpass")
                answerer = MsrpPeer(self, other, "b-session")
                reply = self.converse(postern, offerer, answerer, f"{setup}-{kind}-{other}", setup, msrp_peer=other)
                self.assertEqual(reply is not None, served[setup][kind][column] == "1", reply)
                if reply:
                    self.assertEqual(reply["mode"], "agnostic")

    def test_session_matching_ends_behind_a_realm_profile(self):
        postern = self.postern(access='profile = "gsma"')
        for setup, other in itertools.product(("actpass", "active"), ("cema", "sessmatch", "plain")):
            with self.subTest(setup=setup, recipient=other):
                offerer = MsrpPeer(self, "sessmatch", "a-session", can_listen=setup == "actpass")
                answerer = MsrpPeer(self, other, "b-session")
                reply = self.converse(postern, offerer, answerer, f"{setup}-{other}", setup, msrp_peer=other)
                self.assertEqual(reply is not None, setup == "actpass" or other == "sessmatch")

    def test_both_ends_only_connect_out_and_are_merged(self):
        postern = self.postern()
        offerer = MsrpPeer(self, "cema", "a-session", can_listen=False)
        answerer = MsrpPeer(self, "cema", "b-session", can_listen=False)
        reply = self.converse(postern, offerer, answerer, "merge", "active", answer="active")
        self.assertEqual(reply["mode"], "agnostic")

    def test_a_reoffer_that_changes_nothing_keeps_the_connection_and_one_that_moves_closes_it(self):
        postern = self.postern()
        a, b = MsrpPeer(self, "cema", "a-session", can_listen=False), MsrpPeer(self, "cema", "b-session")
        first = self.converse(postern, a, b, "re", "active")
        again = postern.ng("offer", call_id="re", from_tag="a", to_tag="b", direction=["access", "core"], sdp=a.sdp("active"))
        self.assertEqual(again["result"], "ok")
        answered = postern.ng("answer", call_id="re", from_tag="a", to_tag="b", sdp=b.sdp("passive"))
        self.assertEqual(answered["sdp"], first["sdp"])
        a.send(b"still the same connection")
        self.assertIn("still the same", b.receive(len(p.send_frame("ta-session", a.remote_uri, a.uri,
                                                                   b"still the same connection"))))
        # The callee moves: its old connection ends, and the caller connects to where it was told to.
        moved = MsrpPeer(self, "cema", "b-elsewhere")
        offered = postern.ng("offer", call_id="re", from_tag="b", to_tag="a", direction=["core", "access"],
                             sdp=moved.sdp("actpass"))
        self.assertEqual(offered["result"], "ok")
        a.learn(offered["sdp"])
        self.assertEqual(a.remote_setup, "actpass")
        answered = postern.ng("answer", call_id="re", from_tag="b", to_tag="a", sdp=a.sdp("active"))
        moved.learn(answered["sdp"])
        self.assertTrue(b.peer.at_end())
        a.peer.sock.close()
        a.connect()
        a.send(b"to the new place")
        self.assertEqual(moved.remote_setup, "active")  # it left the choice, and so goes on to wait
        moved.peer.accept()
        self.assertIn("to the new place", moved.receive(len(p.send_frame("ta-session", a.remote_uri, a.uri,
                                                                         b"to the new place"))))
        self.assertEqual(postern.metric("postern_contexts"), 1)

    def test_of_two_forks_the_one_that_answered_last_is_served_and_the_other_one_after_its_end(self):
        postern = self.postern()
        caller = MsrpPeer(self, "cema", "a-session", can_listen=False)
        postern.ng("offer", call_id="fork", from_tag="a", direction=["access", "core"], sdp=caller.sdp("active"))
        forks = {tag: MsrpPeer(self, "cema", f"session-{tag}") for tag in ("b1", "b2")}
        for tag in ("b1", "b2"):
            answered = postern.ng("answer", call_id="fork", from_tag="a", to_tag=tag, sdp=forks[tag].sdp("passive"))
            self.assertIn(f"session-{tag}", p.attribute(answered["sdp"], "path"))
        deleted = postern.ng("delete", call_id="fork", from_tag="a", to_tag="b2")
        self.assertEqual(deleted["result"], "ok")
        answered = postern.ng("answer", call_id="fork", from_tag="a", to_tag="b1", sdp=forks["b1"].sdp("passive"))
        caller.learn(answered["sdp"])
        caller.connect()
        caller.send(b"to the first")
        forks["b1"].peer.accept()
        self.assertIn("to the first", forks["b1"].receive(len(p.send_frame("ta-session", caller.remote_uri, caller.uri,
                                                                           b"to the first"))))
        self.assertTrue(forks["b2"].peer.nothing_arrived())

    def test_branches_have_their_own_ports_and_end_on_their_own(self):
        postern = self.postern()
        caller = MsrpPeer(self, "cema", "a-session", can_listen=False)
        ports = {}
        for branch, flags in (("z9hG4bK-1", []), ("z9hG4bK-2", ["msrp-e2ae"])):
            offered = postern.ng("offer", call_id="branches", from_tag="a", via_branch=branch, flags=flags,
                                 direction=["access", "core"], sdp=caller.sdp("active"))
            ports[branch] = p.media(offered["sdp"])[1:]
        self.assertNotEqual(ports["z9hG4bK-1"][0], ports["z9hG4bK-2"][0])
        self.assertEqual([port[1] for port in ports.values()], ["TCP/MSRP", "TCP/TLS/MSRP"])
        self.assertEqual(postern.metric("postern_contexts"), 2)
        self.assertNotIn("warning", postern.ng("delete", call_id="branches", from_tag="a", via_branch="z9hG4bK-2"))
        callee = MsrpPeer(self, "cema", "b-session")
        answered = postern.ng("answer", call_id="branches", from_tag="a", to_tag="b", via_branch="z9hG4bK-1",
                              sdp=callee.sdp("passive"))
        self.assertEqual(answered["mode"], "agnostic")
        self.assertEqual(postern.metric("postern_contexts"), 1)

    def test_a_name_in_the_c_line_is_looked_up(self):
        postern = self.postern()
        caller, callee = MsrpPeer(self, "cema", "a-session", can_listen=False), MsrpPeer(self, "cema", "b-session")
        postern.ng("offer", call_id="name", from_tag="a", direction=["access", "core"], sdp=caller.sdp("active"))
        answer = callee.sdp("passive").replace("c=IN IP4 127.0.0.1", "c=IN IP4 localhost")
        answered = postern.ng("answer", call_id="name", from_tag="a", to_tag="b", sdp=answer)
        self.assertEqual(answered["mode"], "agnostic", answered)
        caller.learn(answered["sdp"])
        caller.connect()
        caller.send(b"by name")
        callee.peer.accept()
        callee.receive(len(p.send_frame("ta-session", caller.remote_uri, caller.uri, b"by name")))
        # One that nothing is known of is refused where the gateway would have to connect there.
        postern.ng("offer", call_id="nowhere", from_tag="a", direction=["access", "core"], sdp=caller.sdp("active"))
        answered = postern.ng("answer", call_id="nowhere", from_tag="a", to_tag="b",
                              sdp=answer.replace("localhost", "nowhere.invalid"))
        self.assertEqual(p.media(answered["sdp"])[1], 0)
        self.assertIn("nowhere.invalid", answered["why"])


class Events(p.Case):
    def setUp(self):
        super().setUp()
        self.events = queue.Queue()
        events = self.events

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                events.put((self.path, self.headers["Content-Type"], json.loads(body)))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.stack.callback(self.server.server_close)
        self.stack.callback(self.server.shutdown)

    def test_a_lost_bearer_is_told_and_a_deleted_call_is_not(self):
        postern = self.postern(config=f'[controller]\nevents = "http://127.0.0.1:{self.server.server_port}/postern"\n')
        for call_id in ("deleted", "lost"):
            caller, callee = MsrpPeer(self, "cema", "a", can_listen=False), MsrpPeer(self, "cema", "b")
            Pairs.converse(self, postern, caller, callee, call_id, "active")
            if call_id == "deleted":
                postern.ng("delete", call_id=call_id, from_tag="a")
            else:
                caller.peer.sock.close()
                callee.peer.sock.close()
        path, content_type, event = self.events.get(timeout=p.PATIENCE)
        self.assertEqual((path, content_type), ("/postern", "application/json"))
        self.assertEqual({key: event[key] for key in ("event", "call-id", "from-tag", "to-tag", "mode", "other-media")},
                         {"event": "released", "call-id": "lost", "from-tag": "a", "to-tag": "b", "mode": "agnostic",
                          "other-media": 0})
        self.assertEqual(event["reason"], "released")
        self.assertTrue(self.events.empty())

    def call(self, postern, call_id):
        caller, callee = MsrpPeer(self, "cema", "a", can_listen=False), MsrpPeer(self, "cema", "b")
        Pairs.converse(self, postern, caller, callee, call_id, "active")

    def test_what_the_proxy_did_not_end_it_hears_of(self):
        postern = self.postern(config=f'[controller]\nevents = "http://127.0.0.1:{self.server.server_port}/postern"\n')
        self.call(postern, "by-the-operator")
        self.assertEqual(urllib.request.urlopen(urllib.request.Request(
            f"http://{postern.admin}/v1/calls/by-the-operator", method="DELETE"), timeout=p.PATIENCE).status, 200)
        event = self.events.get(timeout=p.PATIENCE)[2]
        self.assertEqual((event["call-id"], event["reason"]), ("by-the-operator", "deleted"))
        self.call(postern, "at-the-end")
        postern.stop()
        event = self.events.get(timeout=p.PATIENCE)[2]
        self.assertEqual((event["call-id"], event["reason"]), ("at-the-end", "shutdown"))
        refused = "127.0.0.1:1"  # nobody listens there
        postern = self.postern(config=f'[controller]\nevents = "http://127.0.0.1:{self.server.server_port}/postern"\n')
        caller, callee = MsrpPeer(self, "cema", "a", can_listen=False), MsrpPeer(self, "cema", "b", can_listen=False)
        postern.ng("offer", call_id="refused", from_tag="a", direction=["access", "core"], sdp=caller.sdp("active"))
        answered = postern.ng("answer", call_id="refused", from_tag="a", to_tag="b",
                              sdp=callee.sdp("passive").replace("m=message 9 ", "m=message 1 "))
        caller.learn(answered["sdp"])
        caller.connect()
        caller.send(b"to nobody")
        event = self.events.get(timeout=p.PATIENCE)[2]
        self.assertEqual((event["call-id"], event["reason"]), ("refused", "tcp_failed"))
        self.assertIn(refused, event["cause"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
