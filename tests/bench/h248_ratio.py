#!/usr/bin/env python3
"""How our H.248 codec compares with Erlang's megaco and its flex scanner, in one run: parse and print of a message that is in the
form that is printed.
    POSTERN_H248_PRINT=build/bench/tests/bench/h248_print tests/bench/h248_ratio.py [--message NAME] [--repetitions N]
Repetitions alternate between the two; medians with quartiles in us of processor time a message, and the ratio of the medians."""
import argparse
import pathlib
import statistics
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "interop"))
import h248_kit as kit  # noqa: E402

ROUNDS = {"ours": 20000, "megaco": 5000}


def ours(form, message):
    run = subprocess.run([kit.PRINT, "time", form, str(ROUNDS["ours"])], input=kit.frame(message), capture_output=True, check=True)
    return float(next(kit.frames(run.stdout))) / 1e3 / ROUNDS["ours"]


def megaco(erlang, form, message):
    return float(erlang.ask(f"time flex {form} {ROUNDS['megaco']}", message)) * 1e3 / ROUNDS["megaco"]


def shown(values):
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return f"{middle:7.2f} us [{low:.2f}-{high:.2f}]"


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--message", default="03_add_access_tls.txt")
    arguments.add_argument("--repetitions", type=int, default=15)
    given = arguments.parse_args()
    erlang = kit.Erlang("megaco_text")
    try:
        for form in ("pretty", "compact"):
            (_, message), = kit.printed(form, [kit.samples()[given.message]], bare=True)
            pairs = [(ours(form, message), megaco(erlang, form, message)) for _ in range(given.repetitions)]
            mine, theirs = zip(*pairs)
            print(f"{given.message} {form:7} {len(message):5} octets: Postern {shown(mine)}, megaco {shown(theirs)}, "
                  f"ratio {statistics.median(theirs) / statistics.median(mine):.1f}")
    finally:
        erlang.stop()


if __name__ == "__main__":
    main()
