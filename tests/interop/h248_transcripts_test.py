"""Every H.248 message of every transcript of tests/scenario, as our two ends write it, before two judges that we did not write:
tshark finds no fault, and Erlang's megaco decodes it."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import h248_kit as kit
import postern as p


class Transcripts(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="postern-h248-")
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        path = pathlib.Path(cls.folder, "messages")
        subprocess.run([os.environ["POSTERN_SCENARIO_TEST"], "--carrier", "loop"], check=True, capture_output=True,
                       timeout=p.PATIENCE * 10, env={**os.environ, "POSTERN_H248_MESSAGES": str(path)})
        cls.messages = sorted(set(path.read_bytes().split(b"\0")) - {b""})

    def test_tshark_finds_no_fault(self):
        self.assertGreater(len(self.messages), 300)
        kit.capture_of(self.messages, f"{self.folder}/all.pcap")
        found, dissected = kit.complaints(f"{self.folder}/all.pcap", [2944])
        self.assertEqual(found, [])
        self.assertEqual(dissected, len(self.messages))

    def test_erlang_decodes_them(self):
        erlang = kit.Erlang("megaco_text")
        self.addCleanup(erlang.stop)
        for message in self.messages[::20]:
            self.assertEqual(erlang.ask("decode flex compact", message).partition(b"\n")[0], b"ok", message)


if __name__ == "__main__":
    unittest.main(verbosity=2)
