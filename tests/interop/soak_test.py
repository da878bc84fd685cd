"""Many conversations at once through one process, half of them TLS, and what is left of them afterwards."""
import os
import random
import subprocess
import time
import unittest

import postern as p

SOAK = os.environ.get("POSTERN_SOAK", os.path.join(os.path.dirname(p.BINARY), "tests/soak/postern_soak"))
CONVERSATIONS = int(os.environ.get("POSTERN_SOAK_CONVERSATIONS", "1000"))


class Soak(p.Case):
    def resident(self, postern):
        total = 0
        for process in postern.processes:
            with open(f"/proc/{process.process.pid}/statm") as file:
                total += int(file.read().split()[1]) * 4096
        return total

    def run_soak(self, postern, conversations):
        host, port = postern.ng_address
        result = subprocess.run([SOAK, "--ng", f"{host}:{port}", "--admin", postern.admin, "--conversations",
                                 str(conversations)], capture_output=True, text=True, timeout=p.PATIENCE * 20)
        self.assertEqual(result.returncode, 0, result.stdout[-2000:] + result.stderr[-2000:])
        print(result.stdout.strip())

    def test_a_thousand_conversations_leave_nothing_behind(self):
        # Ports that other programs hold now are skipped: there are some more than are needed.
        width = CONVERSATIONS + 300
        first = random.randrange(20000, 32000 - 2 * width)
        postern = self.postern(access_ports=f"{first}-{first + width - 1}",
                               core_ports=f"{first + width}-{first + 2 * width - 1}")
        self.run_soak(postern, 20)  # the allocator and the shards have seen traffic
        descriptors, memory = postern.descriptors(), self.resident(postern)
        self.run_soak(postern, CONVERSATIONS)
        deadline = time.monotonic() + p.PATIENCE
        while postern.metric("postern_contexts") > 0:
            self.assertLess(time.monotonic(), deadline)
        self.assertEqual(postern.metric("postern_calls"), 0)
        postern.wait_descriptors(descriptors)
        first_peak = self.resident(postern)
        # A second wave finds what the first one gave back: memory that leaked would add up.
        self.run_soak(postern, CONVERSATIONS)
        growth = self.resident(postern) - first_peak
        print(f"resident: {memory >> 20} MiB, after one wave {first_peak >> 20} MiB, the second added {growth >> 20} MiB")
        self.assertLess(growth, 32 << 20)


if __name__ == "__main__":
    unittest.main(verbosity=2)
