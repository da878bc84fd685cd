"""The IMS-ALG with real octets: re-offers, forks, branches, names, and the event of a lost bearer. Every pair of kinds of
peers is in aware_pairs_test.py."""
import http.server
import json
import queue
import threading
import unittest
import urllib.request

import msrp_peer as m
import postern as p


class Dialogs(m.AwareCase):
    """Between ends with CEMA, of which the caller can only connect."""

    def ends(self):
        return self.end("cema", listens=False), self.end("cema")

    def test_both_ends_only_connect_out_and_are_merged(self):
        a, b = self.end("cema", listens=False), self.end("cema", listens=False)
        call = m.Call(self, self.gateway(), a, b).established("active", "active")
        self.assertEqual(call.answered["mode"], "agnostic")
        self.assert_both_ways(call)

    def test_a_reoffer_that_changes_nothing_keeps_the_connection_and_one_that_moves_closes_it(self):
        postern = self.gateway()
        a, b = self.ends()
        call = m.Call(self, postern, a, b, "re").established("active")
        again = postern.ng("offer", call_id="re", from_tag="a", to_tag="b", direction=["access", "core"], sdp=a.sdp("active"))
        self.assertEqual(again["result"], "ok")
        answered = postern.ng("answer", call_id="re", from_tag="a", to_tag="b", sdp=b.sdp("passive"))
        self.assertEqual(answered["sdp"], call.answered["sdp"])
        self.assert_both_ways(call)
        # The callee moves: its old connection ends, and the caller connects to where it was told to.
        moved = self.end("cema")
        offered = postern.ng("offer", call_id="re", from_tag="b", to_tag="a", direction=["core", "access"],
                             sdp=moved.sdp("actpass"))
        self.assertEqual(offered["result"], "ok")
        a.learn(offered["sdp"])
        self.assertEqual(a.remote_setup, "actpass")
        answered = postern.ng("answer", call_id="re", from_tag="b", to_tag="a", sdp=a.sdp("active"))
        moved.learn(answered["sdp"])
        self.assertEqual(b.end(), "fin")
        a.hang_up()
        a.connect()
        tid = a.send(b"to the new place")
        self.assertEqual(moved.remote_setup, "active")  # it left the choice, and so goes on to wait
        moved.accept()
        self.assertEqual(moved.next().body, b"to the new place")
        self.assertEqual(a.response(tid).word, "200")
        self.assertEqual(postern.metric("postern_contexts"), 1)

    def test_of_two_forks_the_one_that_answered_last_is_served_and_the_other_one_after_its_end(self):
        postern = self.gateway()
        caller = self.end("cema", listens=False)
        postern.ng("offer", call_id="fork", from_tag="a", direction=["access", "core"], sdp=caller.sdp("active"))
        forks = {tag: self.end("cema") for tag in ("b1", "b2")}
        for tag in ("b1", "b2"):
            answered = postern.ng("answer", call_id="fork", from_tag="a", to_tag=tag, sdp=forks[tag].sdp("passive"))
            self.assertEqual(p.attribute(answered["sdp"], "path"), forks[tag].uri)
        deleted = postern.ng("delete", call_id="fork", from_tag="a", to_tag="b2")
        self.assertEqual(deleted["result"], "ok")
        answered = postern.ng("answer", call_id="fork", from_tag="a", to_tag="b1", sdp=forks["b1"].sdp("passive"))
        self.assert_reaches(caller, answered, forks["b1"], b"to the first")
        self.assertTrue(forks["b2"].nothing_arrived())

    def assert_reaches(self, caller, answered, callee, body):
        caller.learn(answered["sdp"])
        caller.connect()
        callee.remote_uri = caller.uri
        tid = caller.send(body)
        callee.accept()
        self.assertEqual(callee.next().body, body)
        self.assertEqual(caller.response(tid).word, "200")

    def test_branches_have_their_own_ports_and_end_on_their_own(self):
        postern = self.gateway()
        caller, callee = self.ends()
        ports = {}
        for branch, flags in (("z9hG4bK-1", []), ("z9hG4bK-2", ["msrp-e2ae"])):
            offered = postern.ng("offer", call_id="branches", from_tag="a", via_branch=branch, flags=flags,
                                 direction=["access", "core"], sdp=caller.sdp("active"))
            ports[branch] = p.media(offered["sdp"])[1:]
        self.assertNotEqual(ports["z9hG4bK-1"][0], ports["z9hG4bK-2"][0])
        self.assertEqual([port[1] for port in ports.values()], ["TCP/MSRP", "TCP/TLS/MSRP"])
        self.assertEqual(postern.metric("postern_contexts"), 2)
        self.assertNotIn("warning", postern.ng("delete", call_id="branches", from_tag="a", via_branch="z9hG4bK-2"))
        answered = postern.ng("answer", call_id="branches", from_tag="a", to_tag="b", via_branch="z9hG4bK-1",
                              sdp=callee.sdp("passive"))
        self.assertEqual(answered["mode"], "agnostic")
        self.assertEqual(postern.metric("postern_contexts"), 1)

    def test_a_name_in_the_c_line_is_looked_up(self):
        postern = self.gateway()
        caller, callee = self.ends()
        postern.ng("offer", call_id="name", from_tag="a", direction=["access", "core"], sdp=caller.sdp("active"))
        answer = callee.sdp("passive").replace("c=IN IP4 127.0.0.1", "c=IN IP4 localhost")
        answered = postern.ng("answer", call_id="name", from_tag="a", to_tag="b", sdp=answer)
        self.assertEqual(answered["mode"], "agnostic", answered)
        self.assert_reaches(caller, answered, callee, b"by name")
        # One that nothing is known of is refused where the gateway would have to connect there.
        postern.ng("offer", call_id="nowhere", from_tag="a", direction=["access", "core"], sdp=caller.sdp("active"))
        answered = postern.ng("answer", call_id="nowhere", from_tag="a", to_tag="b",
                              sdp=answer.replace("localhost", "nowhere.invalid"))
        self.assertEqual(p.media(answered["sdp"])[1], 0)
        self.assertIn("nowhere.invalid", answered["why"])


class Events(m.AwareCase):
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
        postern = self.gateway(config=f'[controller]\nevents = "http://127.0.0.1:{self.server.server_port}/postern"\n')
        for call_id in ("deleted", "lost"):
            caller, callee = self.call(postern, call_id)
            if call_id == "deleted":
                postern.ng("delete", call_id=call_id, from_tag="a")
            else:
                caller.hang_up()
                callee.hang_up()
        path, content_type, event = self.events.get(timeout=p.PATIENCE)
        self.assertEqual((path, content_type), ("/postern", "application/json"))
        self.assertEqual({key: event[key] for key in ("event", "call-id", "from-tag", "to-tag", "mode", "other-media")},
                         {"event": "released", "call-id": "lost", "from-tag": "a", "to-tag": "b", "mode": "agnostic",
                          "other-media": 0})
        self.assertEqual(event["reason"], "released")
        self.assertTrue(self.events.empty())

    def call(self, postern, call_id):
        call = m.Call(self, postern, self.end("cema", listens=False), self.end("cema"), call_id).established("active")
        return call.a, call.b

    def test_what_the_proxy_did_not_end_it_hears_of(self):
        postern = self.gateway(config=f'[controller]\nevents = "http://127.0.0.1:{self.server.server_port}/postern"\n')
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
        postern = self.gateway(config=f'[controller]\nevents = "http://127.0.0.1:{self.server.server_port}/postern"\n')
        caller, callee = self.end("cema", listens=False), self.end("cema", listens=False)
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
