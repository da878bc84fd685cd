"""What passes an application-aware call: messages of every form, checked octet for octet, between strict peers; the same with
TLS on one leg, and on the other."""
import hashlib
import os
import secrets
import unittest

import msrp_peer as m
import msrp_wire as wire

MEGABYTE = 1 << 20


class MediaCase(m.AwareCase):
    """One call, `a` (which has connected) and `b`."""
    tls = (False, False)

    def setUp(self):
        super().setUp()
        self.call = self.aware(self.gateway(), self.end(tls=self.tls[0]), self.end(tls=self.tls[1]))
        self.a, self.b = self.call.a, self.call.b
        self.both = ((self.a, self.b), (self.b, self.a))

    def pass_on(self, source, sink, word="SEND", lines=(), body=None, flag="$"):
        """Writes a request; it arrives as it is but for the paths. Its transaction id and what came."""
        tid = secrets.token_hex(8)
        source.request(word, lines, body, flag, tid)
        got = sink.next()
        self.assert_forwarded(source, sink, wire.frame(tid, word, source.remote_uri, source.uri, lines, body, flag), got)
        return tid, got


class Bodies(MediaCase):
    def send_fields(self, body, kind="text/plain"):
        return [f"Message-ID: {secrets.token_hex(6)}", f"Byte-Range: 1-{len(body)}/{len(body)}", f"Content-Type: {kind}"]

    def passes(self, body):
        for source, sink in self.both:
            tid, _ = self.pass_on(source, sink, "SEND", self.send_fields(body, "application/octet-stream"), body)
            response = source.response(tid)
            self.assertEqual((response.word, response.to_path, response.from_path), ("200", [source.uri], [source.remote_uri]))

    def test_text(self):
        self.passes("Grüße, 你好".encode())

    def test_every_octet_and_noise(self):
        self.passes(bytes(range(256)) * 40)
        self.passes(os.urandom(300_000))

    def test_line_ends_of_all_sorts(self):
        for body in (b"\r" * 100_000, b"\n" * 5_000, b"\r\n" * 50_000, b"\r\n\r\n", b"\r", b"\n", b"\r\n", b"x\r\n", b"\r\n-"):
            with self.subTest(body[:4], size=len(body)):
                self.passes(body)

    def test_hyphens(self):
        for body in (b"-" * 200_000, b"\r\n" + b"-" * 200_000, b"\r\n-------" * 20_000, b"-------", b"\r\n-------",
                     b"\r\n------"):
            with self.subTest(body[:12], size=len(body)):
                self.passes(body)

    def test_end_lines_that_are_not_this_messages(self):
        for source, sink in self.both:
            tid = secrets.token_hex(8)
            mark = b"-------" + tid.encode()
            body = b"".join([
                b"\r\n-------0therId0$\r\n", b"\r\n" + mark + b"longer$\r\n", b"\r\n" + mark + b"$longer\r\n",
                b"\r\n" + mark + b"$\r", b"\r\n" + mark + b"\r\n", b"\n" + mark + b"$\r\n", b"\r" + mark + b"$\r\n",
                b"\r\n-" + mark + b"$\r\n", b"\r\n" + mark[1:] + b"$\r\n", b"\r\n" + mark[:-1] + b"$\r\n",
                b"\r\n" + mark + b"*\r\n", b"\r\n" + mark + b"$\n",
                b"\r\nMSRP " + tid.encode() + b" SEND\r\n\r\n"]) * 50
            lines = self.send_fields(body)
            source.request("SEND", lines, body, tid=tid)
            octets = wire.frame(tid, "SEND", source.remote_uri, source.uri, lines, body)
            self.assert_forwarded(source, sink, octets, sink.next())
            self.assertEqual(source.response(tid).word, "200")

    def test_a_body_that_arrives_octet_by_octet(self):
        """Every cut of head, body, look-alike and end-line is a read of its own."""
        for source, sink in self.both:
            tid = secrets.token_hex(4)
            body = b"a\r\n-------" + tid.encode() + b"\r\n-------" + tid.encode() + b"x$\r\nb"
            lines = self.send_fields(body)
            octets = wire.frame(tid, "SEND", source.remote_uri, source.uri, lines, body)
            source.sent.add(tid)
            for at in range(len(octets)):
                source.write(octets[at:at + 1])
            self.assert_forwarded(source, sink, octets, sink.next())
            self.assertEqual(source.response(tid).word, "200")

    def test_empty_bodies_and_none(self):
        for source, sink in self.both:
            for span in ("1-0/0", "1-*/0", "1-*/*"):
                tid, got = self.pass_on(source, sink, "SEND", ["Message-ID: empty1", f"Byte-Range: {span}",
                                                              "Content-Type: text/plain"], b"")
                self.assertEqual((source.response(tid).word, got.body), ("200", b""))
            for lines in (["Message-ID: none1"], ["Message-ID: none2", "Byte-Range: 1-0/0"]):
                tid, got = self.pass_on(source, sink, "SEND", lines)
                self.assertEqual((source.response(tid).word, got.body), ("200", None))

    def test_mime_fields_and_byte_ranges_of_all_sorts(self):
        body = b"content"
        for span in ("1-7/7", "1-*/7", "1-*/*", "1-7/*", "1-*/15"):
            for source, sink in self.both:
                tid, _ = self.pass_on(source, sink, "SEND", [
                    "Message-ID: mime1", f"Byte-Range: {span}", "Content-ID: <a@b>", "Content-Disposition: render;x=\"a;b\"",
                    "Content-Type: multipart/mixed;boundary=\"--b\""], body)
                self.assertEqual(source.response(tid).word, "200")


class Large(MediaCase):
    def test_ten_megabytes_in_chunks_of_2048(self):
        body = os.urandom(10 * MEGABYTE)
        for source, sink in self.both:
            with self.subTest(source.uri):
                tids = source.chunks(body, 2048, "file1")
                frames, got = sink.message()
                self.assertTrue(got == body)
                self.assertEqual([frame.tid for frame in frames], tids)
                self.assertEqual([frame.range[0] for frame in frames], list(range(1, len(body), 2048)))
                self.assertEqual({source.response(tid).word for tid in tids}, {"200"})

    def test_one_chunk_of_fifty_megabytes(self):
        body = os.urandom(MEGABYTE) * 50
        for source, sink in self.both:
            with self.subTest(source.uri):
                tid = source.send(body, span=f"1-*/{len(body)}", message_id="big1")
                frames, got = sink.message()
                self.assertEqual(([frame.tid for frame in frames], frames[0].range), ([tid], (1, None, len(body))))
                self.assertEqual(hashlib.sha256(got).digest(), hashlib.sha256(body).digest())
                self.assertEqual(source.response(tid).word, "200")

    def test_both_directions_at_once(self):
        body = os.urandom(4 * MEGABYTE)
        tids = [source.send(body, span="1-*/*") for source, _ in self.both]
        for (source, sink), tid in zip(self.both, tids):
            got = sink.next()
            self.assertTrue(got.body == body)
            self.assertEqual(source.response(tid).word, "200")


class Transactions(MediaCase):
    def test_responses_come_to_the_transaction_that_they_are_for(self):
        for source, sink in self.both:
            words = ["413 Too large", "415 What is this", "481 Gone", "408 Late", "403 Nö", "200 OK", "599 Odd", "400 Bad"]
            given = dict(zip((secrets.token_hex(8) for _ in words), words))
            sink.answer = lambda request, given=given: given[request.tid]
            for tid in given:
                source.send(b"asking", tid=tid)
            for tid, word in given.items():
                response = source.response(tid)
                self.assertEqual((f"{response.word} {response.comment}", response.lines), (word, []))
                self.assertEqual((response.to_path, response.from_path), ([source.uri], [source.remote_uri]))
            sink.requests.clear()

    def test_responses_out_of_order_and_late(self):
        for source, sink in self.both:
            sink.answer = lambda _: None
            tids = [source.send(b"wait for it") for _ in range(20)]
            got = [sink.next() for _ in tids]
            for number, request in sorted(enumerate(got), reverse=True):
                sink.respond(request, f"4{number:02} Number {number}")
            self.assertEqual([source.response(tid).word for tid in tids], [f"4{number:02}" for number in range(20)])

    def test_failure_report_no_and_partial(self):
        for source, sink in self.both:
            for wanted, word, comes in (("no", None, False), ("partial", None, False), ("partial", "415 Not that", True),
                                        ("YES", "200 OK", True)):
                with self.subTest(wanted=wanted, word=word):
                    sink.answer = lambda _, word=word: word
                    tid = source.send(b"quietly", f"Failure-Report: {wanted}")
                    self.assertEqual(sink.next().field("Failure-Report"), wanted)
                    sink.answer = sink.ok
                    self.text(source, sink)  # what was to come has come by now
                    self.assertEqual(tid in source.responses, comes)

    def test_reports_of_success_and_of_failure(self):
        for source, sink in self.both:
            tid = source.send(b"0123456789", "Success-Report: yes", message_id="told1")
            got = sink.next()
            self.assertEqual(source.response(tid).word, "200")
            for span, status in (("1-4/10", "000 200 OK"), ("5-10/10", "000 200 OK"), ("1-10/10", "000 408 Später"),
                                 ("1-10/*", "000 481")):
                lines = sink.report(got, span, status)
                report = source.next()
                self.assertEqual((report.word, report.lines, report.body), ("REPORT", lines, None))
                self.assertEqual((report.to_path, report.from_path), ([source.uri], [source.remote_uri]))

    def test_a_report_overtakes_no_response_and_is_never_answered(self):
        for source, sink in self.both:
            sink.answer = lambda _: None
            tid = source.send(b"x", "Success-Report: yes")
            got = sink.next()
            sink.report(got, "1-1/1")
            sink.respond(got, "200 OK")
            self.assertEqual(source.next().word, "REPORT")
            self.assertEqual(source.response(tid).word, "200")
            self.assertEqual(sink.responses, {tid: answer for tid, answer in sink.responses.items() if answer.word == "200"})


class Chunks(MediaCase):
    def test_interrupted_and_resumed(self):
        for source, sink in self.both:
            first = source.send(b"a" * 3000, message_id="cut1", span="1-*/5000", flag="+")
            between = source.send(b"something urgent", message_id="urgent1")
            second = source.send(b"b" * 2000, message_id="cut1", span="3001-5000/5000")
            got = [sink.next() for _ in range(3)]
            self.assertEqual([(frame.tid, frame.flag, len(frame.body)) for frame in got],
                             [(first, "+", 3000), (between, "$", 16), (second, "$", 2000)])
            self.assertEqual({source.response(tid).word for tid in (first, between, second)}, {"200"})

    def test_aborted(self):
        for source, sink in self.both:
            for flags in ("#", "+#", "++#"):
                tids = [source.send(b"n" * 2500, message_id="never1", span=f"{1 + 2500 * i}-*/9999", flag=flag)
                        for i, flag in enumerate(flags)]
                self.assertEqual("".join(sink.next().flag for _ in flags), flags)
                self.assertEqual({source.response(tid).word for tid in tids}, {"200"})
            self.text(source, sink)

    def test_several_messages_chunk_by_chunk(self):
        for source, sink in self.both:
            bodies = {f"inter{number}": os.urandom(40_000 + number) for number in range(6)}
            written = []
            for at in range(0, 41_000, 2048):
                for message_id, body in bodies.items():
                    if piece := body[at:at + 2048]:
                        last = at + 2048 >= len(body)
                        written.append(source.send(piece, message_id=message_id, flag="$" if last else "+",
                                                   span=f"{at + 1}-{at + len(piece)}/{len(body)}"))
            got = dict.fromkeys(bodies, b"")
            for tid in written:
                frame = sink.next()
                self.assertEqual(frame.tid, tid)
                got[frame.field("Message-ID")] += frame.body
            self.assertTrue(got == bodies)
            self.assertEqual({source.response(tid).word for tid in written}, {"200"})

    def test_a_message_refused_in_the_middle_of_its_chunk_is_aborted_by_its_sender(self):
        """The 413 comes back while the chunk still runs: the response of the far end waits for nobody's end-line."""
        for source, sink in self.both:
            tid = secrets.token_hex(8)
            octets = wire.frame(tid, "SEND", source.remote_uri, source.uri,
                                ["Message-ID: huge1", "Byte-Range: 1-*/*", "Content-Type: a/b"], b"h" * 200_000, "#")
            source.sent.add(tid)
            source.write(octets[:100_000])
            sink.part(90_000)
            sink.write(wire.frame(tid, "413 Enough", sink.remote_uri, sink.uri))
            self.assertEqual(source.response(tid).word, "413")
            sink.answer = lambda request: None if request.tid == tid else "200 OK"
            source.write(octets[100_000:])
            self.assertEqual(sink.next().flag, "#")
            sink.answer = sink.ok
            self.text(source, sink)


class Extensions(MediaCase):
    def test_methods_and_fields_that_nobody_knows(self):
        odd = ["X-First: 1", "x-second:2", "X-THIRD:   three  spaces ", "Message-ID: odd1", "Success-Report: no",
               "X-First: again", "X-Umlaut: größer", "X-Empty: ", "Expires: 5"]
        for source, sink in self.both:
            for word, lines, body in (("NICKNAME", ['Use-Nickname: "Al \\"the\\" Ice"'], None), ("FOO", odd, None),
                                      ("BARBAZ", [*odd, "Content-Type: x/y"], b"\r\n\r\nbody"), ("SEND", odd, None),
                                      ("NICKNAME", [], None)):
                for answer in ("200 OK", "501 Never heard of it", "425 Taken"):
                    sink.answer = lambda _, answer=answer: answer
                    tid, _ = self.pass_on(source, sink, word, lines, body)
                    response = source.response(tid)
                    self.assertEqual(f"{response.word} {response.comment}", answer)

    def test_fields_of_responses_pass(self):
        for source, sink in self.both:
            sink.answer = lambda _: None
            tid = source.request("FOO", ["Message-ID: foo1"])
            sink.next()
            lines = ['WWW-Authenticate: Digest a="b"', "X-y:z"]
            sink.write(wire.frame(tid, "401 Who are you", sink.remote_uri, sink.uri, lines))
            self.assertEqual(source.response(tid).lines, lines)

    def test_a_bodiless_message_of_another_flag(self):
        for source, sink in self.both:
            tid, _ = self.pass_on(source, sink, "SEND", ["Message-ID: flag1", "Byte-Range: 1-*/*"], None, "+")
            self.assertEqual(source.response(tid).word, "200")

    def test_paths_are_written_as_strict_peers_want_them(self):
        """Another case, several spaces (RFC 7977 8.2.2 has them), a URI that is equal and looks different."""
        for source, sink in self.both:
            tid = "odd" + secrets.token_hex(5)
            to = source.remote_uri.replace("msrp", "MSRP", 1).replace(";tcp", ";TCP;x=y")
            source.sent.add(tid)
            source.write(f"MSRP {tid} SEND\r\nto-path:  {to}\r\nFROM-PATH:   {source.uri}\r\nMessage-ID: odd2\r\n"
                         f"-------{tid}$\r\n".encode())
            got = sink.next()
            self.assertEqual((got.tid, got.to_path, got.from_path, got.lines),
                             (tid, [sink.uri], [sink.remote_uri], ["Message-ID: odd2"]))
            self.assertEqual(source.response(tid).word, "200")


class Endings(MediaCase):
    def test_an_end_that_has_said_all_still_hears_the_rest(self):
        """Its FIN passes behind its last message, and the answers to that come back. TLS: Python's ssl closes both directions."""
        for source, sink in self.both:
            if source.certificate or sink.certificate:
                continue
            tid = source.send(b"last words " * 100_000, span="1-*/*")
            source.connection.link.finish()
            self.assertEqual(len(sink.next().body), 1_100_000)
            self.assertEqual((sink.end(), source.response(tid).word), ("fin", "200"))
            return

    def test_a_message_that_its_sender_breaks_off_with_its_connection_is_not_complete(self):
        for cut in (60, 5000):
            a, b = self.call.a, self.call.b
            octets = wire.frame("broken12", "SEND", a.remote_uri, a.uri,
                                ["Message-ID: broken1", "Byte-Range: 1-9000/9000", "Content-Type: a/b"], b"z" * 9000)
            a.write(octets[:cut])
            wire_link = a.connection.link
            m.wait_until(lambda: wire_link.written and not wire_link.outbox)
            a.hang_up()
            self.assertIn(b.end(), ("fin", "reset"))
            self.assertEqual([frame.flag for frame in b.requests if frame.flag != "#"], [])
            b.hang_up()
            self.call = self.aware(self.call.postern, self.end(tls=self.tls[0]), self.end(tls=self.tls[1]))


for case in (Bodies, Large, Transactions, Chunks, Extensions, Endings):
    for side, legs in (("Offerer", (True, False)), ("Recipient", (False, True))):
        name = f"{case.__name__}OverTlsToThe{side}"
        globals()[name] = type(name, (case,), {"tls": legs, "__module__": __name__})
del case

if __name__ == "__main__":
    unittest.main(verbosity=2)
