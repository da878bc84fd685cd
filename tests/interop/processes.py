"""Roles of postern as processes that are heard through their logs, and the ports that tests share out among themselves."""
import contextlib
import fcntl
import os
import pathlib
import random
import signal
import socket
import subprocess
import tempfile
import threading
import time

BINARY = os.environ.get("POSTERN", "build/dev/postern")
PATIENCE = float(os.environ.get("POSTERN_PATIENCE", "30"))  # seconds; sanitizers are slow


# --- ports -------------------------------------------------------------------------------------------
BLOCK = 40  # ports that are taken together
_locks = {}


def free_range(count):
    """The first of `count` neighbouring ports below the ephemeral range that nobody holds now. They stay this process' until
    release_range or its end: tests run side by side, and one captures all that passes on its range."""
    blocks = -(-count // BLOCK)
    folder = pathlib.Path(tempfile.gettempdir(), f"postern-test-ports-{os.getuid()}")
    folder.mkdir(exist_ok=True)
    for _ in range(500):
        first = random.randrange(20000, 32000 - blocks * BLOCK, BLOCK)
        with contextlib.ExitStack() as stack:
            try:
                for block in range(first, first + blocks * BLOCK, BLOCK):
                    lock = stack.enter_context(open(folder / str(block), "w"))
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                for port in range(first, first + count):
                    with socket.socket() as sock:
                        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # TIME_WAIT holds nobody up
                        sock.bind(("127.0.0.1", port))
            except OSError:
                continue
            _locks[first] = stack.pop_all()
            return first
    raise AssertionError("no free port range")


def release_range(first):
    if first in _locks:
        _locks.pop(first).close()


# --- processes -----------------------------------------------------------------------------------------------------
LOG_GREW = threading.Condition()  # any process' log


class Process:
    """A role of postern, heard through its log."""

    def __init__(self, role, config, args=(), records=subprocess.DEVNULL):
        self.role, self.log_lines = role, []
        self.process = subprocess.Popen([BINARY, role, "--config", config, *args], stdout=records,
                                        stderr=subprocess.PIPE, text=True, errors="replace")
        self.reader = threading.Thread(target=self._read_log, daemon=True)
        self.reader.start()
        ready = self.wait_log("event=ready")
        self.ready = {key: value.strip('"') for key, _, value in (part.partition("=") for part in ready.split())}
        self.admin = self.ready["admin"]

    def _read_log(self):
        for line in self.process.stderr:
            with LOG_GREW:
                self.log_lines.append(line.rstrip("\n"))
                LOG_GREW.notify_all()
        with LOG_GREW:
            self.log_lines.append("<end of log>")
            LOG_GREW.notify_all()

    def wait_log(self, text):
        """The first log line that holds `text`, now or later."""
        return wait_logs([self], text)

    def end(self):
        """SIGTERM, unless it has ended; the exit code and the log."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(PATIENCE)
        self.reader.join(PATIENCE)
        self.process.stderr.close()
        return code, "\n".join(self.log_lines)


def wait_logs(processes, text):
    """The first line of any of the logs that holds `text`, now or later."""
    deadline, seen = time.monotonic() + PATIENCE, [0] * len(processes)
    with LOG_GREW:
        while True:
            for index, process in enumerate(processes):
                for line in process.log_lines[seen[index]:]:
                    if text in line:
                        return line
                seen[index] = len(process.log_lines)
            ended = all(process.log_lines[-1:] == ["<end of log>"] for process in processes)
            if ended or not LOG_GREW.wait(max(0.0, deadline - time.monotonic())):
                raise AssertionError(f"no {text!r} in the log:\n" +
                                     "\n".join(line for process in processes for line in process.log_lines[-40:]))
