"""What a realm's policies do to messages: max_chunk, max_message, accept_types, message_rate, octet_rate."""
import os
import secrets
import unittest

import msrp_peer as m
import msrp_wire as wire
import postern as p

MEGABYTE = 1 << 20


class Chunks(m.AwareCase):
    """`b` can take 2,048 octets a chunk."""

    def setUp(self):
        super().setUp()
        self.call = self.aware(self.gateway(core="max_chunk = 2048\n"))
        self.a, self.b = self.call.a, self.call.b

    def collect(self, count):
        """So many ended messages of `b`, however their chunks are mixed: {Message-ID: (frames, body)}."""
        open_, ended = {}, {}
        while len(ended) < count:
            frame = self.b.next()
            message_id = frame.field("Message-ID")
            self.assertNotIn(message_id, ended)
            self.assertLessEqual(len(frame.body or b""), 2048)
            frames = open_.setdefault(message_id, [])
            frames.append(frame)
            if frame.flag != "+":
                ended[message_id] = frames, b"".join(each.body or b"" for each in frames)
        return ended

    def assert_ranges(self, frames, total):
        at = 1
        for frame in frames:
            start, end, said = frame.range
            self.assertEqual((start, said), (at, total))
            self.assertIn(end, (None, at + len(frame.body) - 1))
            at += len(frame.body)

    def test_a_megabyte_in_one_chunk(self):
        body, extra = os.urandom(MEGABYTE), ["Success-Report: yes", "X-Odd:  kept", "Failure-Report: yes"]
        for span, total in ((f"1-*/{MEGABYTE}", MEGABYTE), (f"1-{MEGABYTE}/{MEGABYTE}", MEGABYTE), ("1-*/*", None)):
            with self.subTest(span):
                tid = self.a.send(body, *extra, message_id=(name := secrets.token_hex(4)), kind="image/x-y;z=1", span=span)
                frames, got = self.collect(1)[name]
                self.assertTrue(got == body)
                self.assertEqual([frame.flag for frame in frames], ["+"] * (len(frames) - 1) + ["$"])
                self.assertEqual({len(frame.body) for frame in frames[:-1]}, {2048})
                self.assert_ranges(frames, total)
                for frame in frames:
                    self.assertEqual([line for line in frame.lines if not line.startswith("Byte-Range")],
                                     [f"Message-ID: {name}", *extra, "Content-Type: image/x-y;z=1"])
                self.assertEqual(len({frame.tid for frame in frames}), len(frames))
                response = self.a.response(tid)
                self.assertEqual(response.word, "200")
                self.assertEqual((response.to_path, response.from_path), ([self.a.uri], [self.a.remote_uri]))
                lines = self.b.report(frames[0], f"1-{MEGABYTE}/{MEGABYTE}")
                self.assertEqual(self.a.next().lines, lines)
        self.assertEqual(self.a.extra, [])

    def test_bodies_at_the_edges(self):
        for size in (0, 1, 2047, 2048, 2049, 4095, 4096, 4097):
            with self.subTest(size):
                body = b"\r" * size
                tid = self.a.send(body, message_id=f"edge{size}")
                frames, got = self.collect(1)[f"edge{size}"]
                self.assertEqual(got, body)
                self.assertEqual([len(frame.body) for frame in frames],
                                 [2048] * (size // 2048) + ([size % 2048] if size % 2048 or not size else []))
                self.assert_ranges(frames, size)
                self.assertEqual(self.a.response(tid).word, "200")

    def test_end_lines_in_a_body_that_is_cut(self):
        tid = "edge" + secrets.token_hex(4)
        body = (b"\r\n-------" + tid.encode() + b"longer$\r\n" + b"-" * 31) * 2000
        self.a.send(body, tid=tid, message_id="look1")
        self.assertTrue(self.collect(1)["look1"][1] == body)
        self.assertEqual(self.a.response(tid).word, "200")

    def test_chunks_of_the_sender_that_are_themselves_too_long(self):
        body = os.urandom(300_000)
        tids = self.a.chunks(body, 50_000, "cut1")
        frames, got = self.collect(1)["cut1"]
        self.assertTrue(got == body)
        self.assert_ranges(frames, len(body))
        self.assertEqual({self.a.response(tid).word for tid in tids}, {"200"})

    def test_short_messages_and_the_reverse_are_as_they_were(self):
        self.text(self.b, self.a)
        tid = self.a.send(b"short", message_id="short1")
        self.assertEqual(self.collect(1)["short1"][1], b"short")
        self.assertEqual(self.a.response(tid).word, "200")
        body = os.urandom(MEGABYTE)
        tid = self.b.send(body, span="1-*/*", message_id="back1")
        got = self.a.next()
        self.assertTrue(got.body == body)
        self.assertEqual((got.tid, got.flag, got.range), (tid, "$", (1, None, None)))
        self.assertEqual(self.b.response(tid).word, "200")

    def test_the_first_refusal_is_the_answer_and_the_rest_is_swallowed(self):
        for word in ("413 Enough", "415 Not that", "481 Gone"):
            with self.subTest(word):
                answers = iter(["200 OK", "200 OK", word])
                self.b.answer = lambda _, answers=answers, word=word: next(answers, word)
                name, tid = secrets.token_hex(4), secrets.token_hex(8)
                octets = wire.frame(tid, "SEND", self.a.remote_uri, self.a.uri,
                                    [f"Message-ID: {name}", "Byte-Range: 1-*/*", "Content-Type: a/b"], b"f" * 100_000)
                self.a.sent.add(tid)
                self.a.write(octets[:60_000])
                response = self.a.response(tid)  # while the chunk goes on
                self.assertEqual(f"{response.word} {response.comment}", word)
                self.a.write(octets[60_000:])
                self.b.answer = self.b.ok
                after = self.a.send(b"next", message_id="after" + name)
                while (got := self.b.next()).field("Message-ID") == name:
                    self.assertIn(got.flag, "+#")  # never complete: it was refused
                self.assertEqual((got.body, self.a.response(after).word), (b"next", "200"))
        self.assertEqual(self.a.extra, [])

    def test_interrupted_aborted_and_interleaved_messages(self):
        bodies = {name: os.urandom(20_000 + number) for number, name in enumerate(("mix1", "mix2", "mix3"))}
        tids = []
        for at in range(0, 21_000, 7000):
            for name, body in bodies.items():
                piece = body[at:at + 7000]
                tids.append(self.a.send(piece, message_id=name, flag="$" if at + 7000 >= len(body) else "+",
                                        span=f"{at + 1}-*/{len(body)}"))
            tids.append(self.a.send(b"n" * 5000, message_id=f"never{at}", flag="#", span="1-*/9999"))
        ended = self.collect(6)
        for name, body in bodies.items():
            frames, got = ended[name]
            self.assertTrue(got == body, name)
            self.assert_ranges(frames, len(body))
            self.assertEqual(frames[-1].flag, "$")
        for at in (0, 7000, 14000):
            self.assertEqual((ended[f"never{at}"][0][-1].flag, ended[f"never{at}"][1]), ("#", b"n" * 5000))
        self.assertEqual({self.a.response(tid).word for tid in tids}, {"200"})

    def test_no_answers_where_none_are_wanted(self):
        for wanted, word, comes in (("no", "200 OK", False), ("partial", None, False), ("partial", "413 No", True)):
            with self.subTest(wanted=wanted, word=word):
                self.b.answer = lambda _, word=word: word if wanted == "partial" else None
                tid = self.a.send(b"q" * 5000, f"Failure-Report: {wanted}", message_id=(name := secrets.token_hex(4)))
                if comes:
                    self.assertEqual(self.a.response(tid).word, "413")
                self.b.answer = self.b.ok
                after = self.a.send(b"next")
                self.assertEqual(self.a.response(after).word, "200")
                self.assertEqual(tid in self.a.responses, comes)
                self.assertIn(name, {frame.field("Message-ID") for frame in self.b.requests})
                self.b.requests.clear()


class MaxMessage(m.AwareCase):
    def setUp(self):
        super().setUp()
        self.postern_ = self.gateway(core="max_message = 10000\n")
        self.call = self.aware(self.postern_)
        self.both = ((self.call.a, self.call.b), (self.call.b, self.call.a))

    def test_the_limit_itself_passes(self):
        for source, sink in self.both:
            self.text(source, sink, b"m" * 10000)
            tids = source.chunks(b"m" * 10000, 2500, "four1")
            self.assertEqual(sink.message()[1], b"m" * 10000)
            self.assertEqual({source.response(tid).word for tid in tids}, {"200"})

    def test_one_that_says_that_it_is_too_large_never_begins(self):
        for source, sink in self.both:
            for span in ("1-10001/10001", "1-*/10001"):
                tid = source.send(b"m" * 10001, span=span)
                self.assertEqual(source.response(tid).word, "413")
            self.text(source, sink)  # nothing of them has come before it
        self.assertGreaterEqual(self.postern_.metric("postern_refused_messages_total", reason="too_large"), 4)

    def test_one_that_turns_out_too_large_is_cut_off(self):
        for source, sink in self.both:
            tid, name = secrets.token_hex(8), secrets.token_hex(4)
            octets = wire.frame(tid, "SEND", source.remote_uri, source.uri,
                                [f"Message-ID: {name}", "Byte-Range: 1-*/*", "Content-Type: a/b"], b"m" * 300_000)
            source.sent.add(tid)
            source.write(octets[:5000])
            sink.part(4000)  # it has begun
            source.write(octets[5000:])
            self.assertEqual(source.response(tid).word, "413")
            got = sink.next()
            self.assertEqual((got.field("Message-ID"), got.flag), (name, "#"))
            self.assertLessEqual(len(got.body), 10000)
            rest = [source.send(b"more", message_id=name, span="300001-300004/*", flag=flag) for flag in "+$"]
            self.text(source, sink)  # the next message passes, and nothing of the old one before it
            self.assertFalse([tid for tid in rest if source.responses.get(tid) and source.responses[tid].word == "200"])
            self.assertEqual(sink.requests, [])

    def test_chunk_by_chunk(self):
        for source, sink in self.both:
            name = secrets.token_hex(4)
            tids = [source.send(b"m" * 4000, message_id=name, span=f"{at + 1}-{at + 4000}/*", flag="+")
                    for at in range(0, 16000, 4000)]
            self.assertEqual([source.response(tid).word for tid in tids[:2]], ["200", "200"])
            self.assertEqual([source.response(tid).word for tid in tids[2:]], ["413", "413"])
            self.text_after(source, sink, name)

    def text_after(self, source, sink, name):
        """The next message passes; of the one that was refused only what came before, and an end, have."""
        after = source.send(b"next")
        got = []
        while (frame := sink.next()).field("Message-ID") == name:
            got.append((frame.flag, len(frame.body or b"")))
        self.assertEqual((frame.body, source.response(after).word), (b"next", "200"))
        self.assertEqual([flag for flag, _ in got], ["+", "+", "#"])
        self.assertLessEqual(sum(size for _, size in got), 10000)

    def test_quietly_where_no_failure_is_to_be_reported(self):
        for source, sink in self.both:
            tid = source.send(b"m" * 20000, "Failure-Report: no", span="1-*/20000")
            self.text(source, sink)
            self.assertNotIn(tid, source.responses)
            tid = source.send(b"m" * 20000, "Failure-Report: partial", span="1-*/20000")
            self.assertEqual(source.response(tid).word, "413")

    def test_it_is_said_in_sdp(self):
        self.assertEqual(p.attribute(self.call.offered["sdp"], "max-size"), "10000")
        self.assertEqual(p.attribute(self.call.answered["sdp"], "max-size"), "10000")


class Types(m.AwareCase):
    def test_others_are_answered_415_and_not_offered(self):
        postern = self.gateway(core='accept_types = ["text/plain", "image/*"]\n')
        a, b = self.end(), self.end()
        call = m.Call(self, postern, a, b)
        offer = a.sdp("actpass", types="message/cpim text/plain image/png video/mp4")
        call.offer(sdp=offer, msrp_mode="aware", msrp_peer="plain")
        self.assertEqual(p.attribute(call.offered["sdp"], "accept-types"), "text/plain image/png")
        call.settle(sdp=b.sdp(m.answer_setup(p.attribute(call.offered["sdp"], "setup")), types="*")).connect()
        self.assertEqual(p.attribute(call.answered["sdp"], "accept-types"), "text/plain image/*")
        for source, sink in ((a, b), (b, a)):
            for kind in ("video/mp4", "text/html", "message/cpim"):
                self.assertEqual(source.response(source.send(b"not this" * 5000, kind=kind)).word, "415")
                silent = source.send(b"not this", "Failure-Report: no", kind=kind)
            self.text(source, sink)
            self.assertNotIn(silent, source.responses)
            for kind in ("text/plain;charset=utf-8", "TEXT/Plain", "image/jpeg"):
                tid = source.send(b"this", kind=kind)
                self.assertEqual((sink.next().field("Content-Type"), source.response(tid).word), (kind, "200"))
            self.assertEqual(source.response(source.send(None)).word, "200")  # a SEND without a body has no type
            self.assertIsNone(sink.next().body)
        self.assertEqual(postern.metric("postern_refused_messages_total", realm="access", reason="type"), 6)
        self.assertEqual(postern.metric("postern_refused_messages_total", realm="core", reason="type"), 6)

    def test_no_common_type_is_refused_with_the_reason(self):
        postern = self.gateway(core='accept_types = ["text/plain"]\n')
        reply = postern.ng("offer", call_id="none", from_tag="a", direction=["access", "core"],
                           sdp=self.end().sdp("actpass", types="video/mp4"), msrp_mode="aware", msrp_peer="plain")
        self.assertEqual(reply["result"], "error", reply)
        self.assertIn("type", reply["error-reason"])


class Rates(m.AwareCase):
    def pauses(self, postern, realm):
        return postern.metric("postern_rate_pauses_total", realm=realm)

    def test_messages_wait_and_are_not_lost(self):
        postern = self.gateway(access="message_rate = 50\n")
        call = self.aware(postern)
        tids = [call.a.send(f"message {number}".encode()) for number in range(130)]
        self.assertEqual([call.b.next().body for _ in tids], [f"message {number}".encode() for number in range(130)])
        self.assertEqual({call.a.response(tid).word for tid in tids}, {"200"})
        self.assertGreater(self.pauses(postern, "access"), 0)
        tids = [call.b.send(b"x") for _ in range(200)]  # the other side has no limit
        self.assertEqual({call.b.response(tid).word for tid in tids}, {"200"})
        self.assertEqual(self.pauses(postern, "core"), 0)

    def test_octets_wait_and_are_not_lost(self):
        postern = self.gateway(core="octet_rate = 400000\n")
        call = self.aware(postern)
        body = os.urandom(1_000_000)
        tid = call.b.send(body, span="1-*/*")
        self.text(call.a, call.b)  # passes all the while
        self.assertTrue(call.a.next().body == body)
        self.assertEqual(call.b.response(tid).word, "200")
        self.assertGreater(self.pauses(postern, "core"), 0)
        self.assertEqual(self.pauses(postern, "access"), 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
