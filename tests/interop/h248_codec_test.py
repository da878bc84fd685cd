"""Our H.248 codec beside two that we did not write: Erlang's megaco decodes what we print and we parse what it encodes, the same
content both ways; tshark finds nothing wrong in what we print. Every sample message and every production of the grammar."""
import itertools
import shutil
import tempfile
import unittest

import h248_kit as kit

FORMS, SCANNERS = ("pretty", "compact"), ("flex", "plain")

# What Erlang's megaco 4.4.2 does otherwise than the grammar of H.248.1 version 2, annex B.2: it refuses, fails while it encodes,
# or encodes something else.
ERLANG = {
    "audits_32.seed": "fails to encode an audit of individual signals",
    "audits_34.seed": "turns the order of an audit's items round",
    "commands_10.seed": "flex scanner: refuses O-W- before Modify",
    "commands_12.seed": "refuses an error descriptor in a Notify",
    "commands_13.seed": "refuses extension methods of ServiceChange",
    "contexts_00.seed": "refuses more than one topology triple",
    "contexts_08.seed": "fails to encode an error in an audit reply for a context",
    "events_24.seed": "writes = for # in an event buffer",
    "events_25.seed": "leaves out the = before a digit map in an event",
    "events_28.seed": "drops the empty Signals of an embedded descriptor",
    "media_15.seed": "refuses SDP lines that are not letter = text",
    "media_19.seed": "fails to encode extension types of Mux",
    "media_20.seed": "does not know Nx64Kservice",
    "servicechange_37.seed": "fails to encode an audit in a ServiceChange",
    "servicechange_39.seed": "fails to encode an audit in a ServiceChange",
}

# What tshark 4.0 does not follow although the grammar has it, or finds odd in the made-up content of a production.
TSHARK = {
    "audits_34.seed": "looks for braces after the bare items of an audit reply",
    "audits_35.seed": "looks for braces after the bare items of an audit reply",
    "audits_36.seed": "knows no error code 1",
    "commands_10.seed": "looks for braces after the bare Events",
    "contexts_01.seed": "does not know ContextAudit",
    "contexts_02.seed": "does not know ContextAudit",
    "contexts_07.seed": "takes a context's audit reply for a command",
    "contexts_09.seed": "knows no error code 1",
    "events_24.seed": "looks for braces after the bare Events",
    "media_19.seed": "does not know Modem and Mux",
    "servicechange_39.seed": "knows no reason 9",
    "servicechange_40.seed": "knows no reason 9",
    "servicechange_42.seed": "knows no error code 1",
}


class Codec(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.samples = kit.samples()
        cls.folder = tempfile.mkdtemp(prefix="postern-h248-")
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.erlang = kit.Erlang("megaco_text")
        cls.addClassCleanup(cls.erlang.stop)

    def printed(self, form, **options):
        """Every sample as we print it, by name."""
        results = kit.printed(form, self.samples.values(), **options)
        refused = {name: text for name, (good, text) in zip(self.samples, results) if not good}
        self.assertEqual(refused, {})
        return {name: text for name, (_, text) in zip(self.samples, results)}

    def difference(self, text, scanner, form):
        """What is wrong with what Erlang makes of our message; None where it is the same."""
        status, _, encoded = self.erlang.ask(f"decode {scanner} {form}", text).partition(b"\n")
        if status != b"ok":
            return encoded.decode(errors="replace")
        (good, why), = kit.printed("compact", [encoded])
        if not good:
            return f"we refuse it: {why} in {encoded}"
        ours, theirs = kit.same(text), kit.same(encoded)
        return None if ours == theirs else f"{ours}\n{theirs}"

    def test_erlang_reads_what_we_write_and_we_read_what_it_writes(self):
        self.assertGreater(len(self.samples), 60)
        odd = set()
        for ours, scanner, theirs in itertools.product(FORMS, SCANNERS, FORMS):
            for name, text in self.printed(ours, bare=True).items():
                with self.subTest(name, ours=ours, scanner=scanner, theirs=theirs):
                    difference = self.difference(text, scanner, theirs)
                    if name not in ERLANG:
                        self.assertIsNone(difference)
                    elif difference is not None:
                        odd.add(name)
        self.assertEqual(odd, set(ERLANG), "exceptions that are none")

    def test_erlang_takes_empty_signals_only_without_braces(self):
        """Why PrintOptions::bare_empty_signals is there."""
        message = b"!/2 gw\nT=1{C=5{MF=a{SG{}}}}"
        for bare, answer in ((False, b"error"), (True, b"ok")):
            (_, text), = kit.printed("compact", [message], bare=bare)
            for scanner in SCANNERS:
                self.assertEqual(self.erlang.ask(f"decode {scanner} pretty", text).partition(b"\n")[0], answer, text)

    def test_tshark_follows_what_we_write(self):
        odd = set()
        for form in FORMS:
            messages, path = self.printed(form), f"{self.folder}/{form}.pcap"
            kit.capture_of(messages.values(), path)
            found, dissected = kit.complaints(path, [2944])
            self.assertEqual(dissected, len(messages))
            names = {list(messages)[int(row.split("\t")[0]) - 1]: row for row in found}
            self.assertEqual({name: row for name, row in names.items() if name not in TSHARK}, {})
            odd |= set(names)
        self.assertEqual(odd, set(TSHARK), "exceptions that are none")

    def test_tshark_and_erlang_refuse_what_is_broken(self):
        """That silence means something."""
        broken = self.printed("pretty")["03_add_access_tls.txt"].replace(b"Media {", b"Media", 1)
        kit.capture_of([broken], f"{self.folder}/broken.pcap")
        self.assertNotEqual(kit.complaints(f"{self.folder}/broken.pcap", [2944])[0], [])
        self.assertEqual(self.erlang.ask("decode flex pretty", broken).partition(b"\n")[0], b"error")
        self.assertFalse(kit.printed("pretty", [broken])[0][0])


if __name__ == "__main__":
    unittest.main(verbosity=2)
