"""What an application-aware session counts, in `query`, in the metrics, and in its call record."""
import datetime
import json
import secrets
import unittest

import msrp_peer as m
import postern as p


class Counters(m.AwareCase):
    def conversation(self, call):
        """The same each time: see `expected`."""
        a, b = call.a, call.b
        for body in (b"12345", b"1234567"):
            tid = a.send(body, "Success-Report: yes")
            got = b.next()
            self.assertEqual(a.response(tid).word, "200")
            b.report(got, f"1-{len(body)}/{len(body)}")
            self.assertEqual(a.next().word, "REPORT")
        for flag in "+#":
            tid = a.send(b"xyz", message_id="never1", flag=flag)
            self.assertEqual((b.next().flag, a.response(tid).word), (flag, "200"))
        b.answer = lambda _: "425 Taken"
        self.assertEqual(a.response(a.request("NICKNAME", ['Use-Nickname: "a"'])).word, "425")
        b.answer = b.ok
        b.next()
        self.assertEqual(a.response(a.send(b"?", to=a.remote_uri.replace(";tcp", "x;tcp"))).word, "481")

    # What passes from `a`, the one that has connected, and back. The binding SEND is the first. One SEND more belongs to no
    # session: the gateway itself answers it.
    sent = {"SEND": 5, "NICKNAME": 1}
    answered = {"200": 5, "425": 1, "REPORT": 2}

    def assert_counted(self, leg, other, get):
        """`get(leg, name)` reads a counter of a leg, named as in query."""
        self.assertEqual(get(leg, "messages-in"), self.sent | {"SEND": 6})
        self.assertEqual(get(leg, "messages-out"), self.answered | {"481": 1})
        self.assertEqual((get(other, "messages-in"), get(other, "messages-out")), (self.answered, self.sent))
        for name, value in (("payload", 18), ("completed", 3), ("aborted", 1)):
            self.assertEqual((get(leg, name + "-in"), get(other, name + "-out")), (value, value), name)
            self.assertEqual((get(other, name + "-in"), get(leg, name + "-out")), (0, 0), name)
        self.assertEqual((get(leg, "unmatched"), get(other, "unmatched")), (1, 0))
        for name in ("too-large", "refused-types", "rate-pauses"):
            self.assertEqual((get(leg, name), get(other, name)), (0, 0), name)

    def test_query_and_metrics(self):
        postern = self.gateway()
        call = self.aware(postern, setup="active")
        self.assertEqual(postern.metric("postern_sessions", mode="aware"), 1)
        self.conversation(call)
        legs = p.terminations(postern.ng("query", call_id=call.id))
        self.assert_counted(legs["access"], legs["core"], lambda leg, name: leg[name])
        shown = json.loads(postern.get(f"/v1/calls/{call.id}")[1])
        self.assertIn('"payload-in"', json.dumps(shown).replace("payload_in", "payload-in"))
        for realm, one, other in (("access", "in", "out"), ("core", "out", "in")):
            metric = lambda name, **labels: postern.metric(f"postern_{name}_total", realm=realm, **labels)
            self.assertEqual((metric("payload_octets", dir=one), metric("payload_octets", dir=other)), (18, 0))
            self.assertEqual(metric("messages_ended", dir=one, result="completed"), 3)
            self.assertEqual(metric("messages_ended", dir=one, result="aborted"), 1)
            self.assertEqual(metric("messages", method="SEND", dir=one), 6 if realm == "access" else 5)
            self.assertEqual(metric("messages", method="REPORT", dir=other), 2)
        self.assertEqual(postern.metric("postern_refused_messages_total", realm="access", reason="no_session"), 1)
        self.assertEqual(postern.ng("delete", call_id=call.id, from_tag="a")["result"], "ok")
        self.assertEqual(postern.metric("postern_sessions", mode="aware"), 0)

    def test_a_record_of_each_session_when_it_ends(self):
        postern = self.gateway()
        call = self.aware(postern, self.end(tls=True, listens=False), setup="active")
        self.conversation(call)
        self.assertEqual(postern.ng("delete", call_id=call.id, from_tag="a")["result"], "ok")
        (record,) = postern.wait_records(1)
        self.assertEqual({key: record[key] for key in ("type", "call_id", "from_tag", "to_tag", "section", "mode", "cause")},
                         {"type": "cdr", "call_id": call.id, "from_tag": "a", "to_tag": "b", "section": 1, "mode": "aware",
                          "cause": "deleted"})
        legs = {leg["party"]: leg for leg in record["legs"]}
        self.assertEqual({name: leg["realm"] for name, leg in legs.items()}, {"caller": "access", "callee": "core"})
        self.assert_counted(legs["caller"], legs["callee"], lambda leg, name: leg[name.replace("-", "_")])
        self.assertEqual((legs["caller"]["tls_version"], legs["callee"]["tls_version"]), ("TLSv1.3", None))
        self.assertEqual(legs["caller"]["local"], f"127.0.0.1:{call.a.target[1]}")
        start, connected, end = (datetime.datetime.fromisoformat(record[key]) for key in ("start", "connected", "end"))
        self.assertTrue(start <= connected <= end, record)
        self.assertAlmostEqual(record["duration_ms"], (end - start).total_seconds() * 1000, delta=50)
        self.assertNotIn("12345", json.dumps(record["legs"]).replace(str(call.a.target[1]), ""))

    def test_one_record_however_a_session_ends(self):
        path = f"{self.folder}/{secrets.token_hex(4)}.jsonl"
        postern = self.gateway(config=f'[controller]\ncdr = "{path}"\n')
        answered = self.aware(postern, setup="active")
        answered.a.connection.link.close()
        self.assertIn(answered.b.end(), ("fin", "reset"))
        answered.b.close()
        postern.wait_query(answered.id, lambda reply: reply["sections"][0]["state"] == "ended")
        self.assertEqual(postern.ng("delete", call_id=answered.id, from_tag="a")["result"], "ok")
        offered = m.Call(self, postern, self.end(), self.end()).offer(msrp_mode="aware", msrp_peer="plain")
        self.assertEqual(postern.ng("delete", call_id=offered.id, from_tag="a")["result"], "ok")
        agnostic = m.Call(self, postern, self.end("cema"), self.end("cema")).established("active", msrp_peer="cema")
        self.assertEqual(postern.ng("delete", call_id=agnostic.id, from_tag="a")["result"], "ok")
        running = self.aware(postern)
        postern.stop()
        causes = {}
        with open(path) as file:
            for record in map(json.loads, file):
                causes.setdefault(record["call_id"], []).append((record["mode"], record["cause"]))
        self.assertEqual(causes, {answered.id: [("aware", "closed")], offered.id: [("aware", "deleted")],
                                  agnostic.id: [("agnostic", "deleted")], running.id: [("aware", "shutdown")]})


if __name__ == "__main__":
    unittest.main(verbosity=2)
