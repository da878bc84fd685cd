"""The shipped kamailio.cfg: forked calls, each branch with an offer of its own; and SIPp on both sides."""
import copy
import pathlib
import socket
import subprocess
import unittest

import postern as p
import proxies
from kamailio_case import MEDIASEC, CORE, SIPP, message_only, converse, KamailioCase, Calls


class Forking(Calls):
    """Needs a Postern that tells offers and answers apart by via-branch."""

    def two_contacts(self):
        secure, clear = self.registered("alice", MEDIASEC), self.registered("alice")
        carol = self.core()
        caller = carol.invite(secure.aor, carol.plain_sdp())
        invites = secure.request("INVITE"), clear.request("INVITE")
        self.assertEqual([p.media(i.body)[2] for i in invites], ["TCP/TLS/MSRP", "TCP/MSRP"])
        self.assertNotEqual(p.media(invites[0].body)[1], p.media(invites[1].body)[1])
        return carol, caller, (secure, clear), invites

    def win(self, winner, loser):
        carol, caller, ues, invites = self.two_contacts()
        answers = ues[0].tls_sdp("active"), ues[1].plain_sdp("active")
        ues[loser].answer(invites[loser], 180, tag="l")  # who has not answered at all is not cancelled (RFC 3261 9.1)
        self.assertEqual(caller.response(final=False).status, 180)
        callee = ues[winner].accept(invites[winner], answers[winner])
        final = caller.response()
        self.assertEqual(p.media(final.body)[2], "TCP/MSRP")
        self.assertNotEqual(message_only(final.body), 0)
        caller.shown_path = p.attribute(final.body, "path")
        caller.ack()
        ues[winner].request("ACK")
        ues[loser].answer(ues[loser].request("CANCEL"), 200, tag="l")
        ues[loser].answer(invites[loser], 487, tag="l")
        ues[loser].request("ACK")
        deleted = [c.get("via-branch") for c in self.tap.wait_for("delete")]
        self.assertEqual(deleted, [self.tap.of("offer")[loser]["via-branch"]])
        return carol, caller, callee, ues[winner], invites[winner]

    def test_the_contact_with_tls_answers(self):
        carol, caller, callee, secure, invite = self.win(0, 1)
        secure.tls_connect(invite.body)
        converse(self, secure, carol)
        caller.send("BYE")
        callee.bye_comes()
        self.no_calls()

    def test_the_contact_without_answers(self):
        carol, caller, callee, clear, invite = self.win(1, 0)
        with socket.create_connection(p.media(invite.body)[:2], p.PATIENCE) as sock:
            # Two ends without CEMA: each is shown the gateway's path.
            sock.sendall(p.send_frame("a0000001", p.attribute(invite.body, "path"), clear.path, b"in clear"))
            frame = p.send_frame("a0000001", carol.path, caller.shown_path, b"in clear")
            carol.listener.accept()
            self.assertEqual(carol.listener.read(len(frame)), frame)
        callee.send("BYE")
        caller.bye_comes()
        self.no_calls()

    def test_a_contact_that_rings_when_another_has_answered_changes_nothing(self):
        carol, caller, (secure, clear), invites = self.two_contacts()
        secure.accept(invites[0], secure.tls_sdp("active"))
        caller.response()
        caller.ack()
        secure.request("ACK")
        clear.answer(invites[1], 180, tag="l")
        clear.answer(clear.request("CANCEL"), 200, tag="l")  # so the 180 has been seen
        clear.answer(invites[1], 487, tag="l")
        clear.request("ACK")
        caller.send("INVITE", carol.plain_sdp())
        self.assertEqual(p.media(secure.request("INVITE", caller.call_id).body)[2], "TCP/TLS/MSRP")

    def test_both_answer_and_the_second_gets_a_bye(self):
        carol, caller, (secure, clear), invites = self.two_contacts()
        callee = secure.accept(invites[0], secure.tls_sdp("active"))
        first = caller.response()
        other_callee = clear.accept(invites[1], clear.plain_sdp("active"))  # crosses Kamailio's CANCEL
        second = carol.response(caller.call_id, caller.invited[1])
        other = copy.copy(caller)
        other.remote, other.target = second["To"], second.contact()
        other.routes = list(reversed(second.all("Record-Route")))
        self.assertNotEqual(first.tag("To"), second.tag("To"))
        for dialog, ue in ((caller, secure), (other, clear)):
            dialog.ack()
            ue.request("ACK")
        other.send("BYE")
        other_callee.bye_comes()
        secure.tls_connect(invites[0].body)
        converse(self, secure, carol)
        caller.send("BYE")
        callee.bye_comes()
        self.no_calls()

    def test_one_busy_contact_does_not_end_the_other(self):
        carol, caller, (secure, clear), invites = self.two_contacts()
        clear.answer(invites[1], 486, tag="busy")
        clear.request("ACK")
        secure.accept(invites[0], secure.tls_sdp("active"))
        final = caller.response()
        self.assertNotEqual(message_only(final.body), 0)
        caller.ack()
        secure.tls_connect(invites[0].body)
        converse(self, secure, carol)


class Sipp(KamailioCase):
    """Plain flows with SIPp as both user agents."""

    def sipp(self, scenario, *args, host="127.0.0.1", port=None):
        port = port or proxies.free_ports(host=host)[0]
        command = ["sipp", "-sf", str(SIPP / scenario), "-i", host, "-m", "1", "-nostdin",
                   "-timeout", f"{int(p.PATIENCE)}s", "-timeout_error", "-trace_err",
                   "-error_file", f"{self.kamailio.folder}/{scenario}.{host}.err",
                   "-p", str(port), *args, f"127.0.0.1:{self.kamailio.port}"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                   cwd=self.kamailio.folder, start_new_session=True)
        self.stack.callback(self.end, process)
        return process

    def end(self, process):
        if process.poll() is None:
            process.kill()
        process.wait()
        process.stdout.close()

    def finished(self, process):
        output = process.communicate(timeout=p.PATIENCE)[0]
        errors = "".join(path.read_text() for path in pathlib.Path(self.kamailio.folder).glob("*.err"))
        self.assertEqual(process.returncode, 0, output[-3000:] + errors + "\n".join(self.kamailio.log_lines[-10:]))

    def test_register_call_bye(self):
        (port,) = proxies.free_ports()
        self.finished(self.sipp("register.xml", "-s", "bob", port=port))
        called = self.sipp("called.xml", port=port)
        self.finished(self.sipp("call.xml", "-s", "bob", host=CORE))
        self.finished(called)
        self.assertEqual([c["command"] for c, _ in self.tap.commands], ["offer", "answer", "delete"])
        self.no_calls()

    def test_register_call_cancel(self):
        (port,) = proxies.free_ports()
        self.finished(self.sipp("register.xml", "-s", "bob", port=port))
        called = self.sipp("called_cancel.xml", port=port)
        self.finished(self.sipp("call_cancel.xml", "-s", "bob", host=CORE))
        self.finished(called)
        self.no_calls()


if __name__ == "__main__":
    unittest.main()
