#!/usr/bin/env python3
"""How the application-aware mode compares with the agnostic one, of relay_bench's output:
    build/bench/tests/bench/relay_bench --benchmark_format=json --benchmark_repetitions=15 --benchmark_enable_random_interleaving=true |
        tests/bench/relay_ratios.py
Medians with the quartiles in brackets: messages a second, then the gateway's own processor time a message; ratios of the medians. Several
runs may follow each other in the input: their repetitions count together. A ratio below 1 says how much slower (or dearer) aware is."""
import collections
import json
import statistics
import sys

MODES = ("agnostic", "aware")


def runs(text):
    decoder, at = json.JSONDecoder(), 0
    while text[at:].strip():
        at += len(text[at:]) - len(text[at:].lstrip())
        run, at = decoder.raw_decode(text, at)
        yield from run["benchmarks"]


def quartiles(values):
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive") if len(values) > 1 else values * 3
    return middle, low, high


def shown(values, unit):
    return "%.2f [%.2f-%.2f]" % tuple(each / unit for each in quartiles(values))


def main():
    rates, costs = collections.defaultdict(list), collections.defaultdict(list)
    for each in runs(sys.stdin.read()):
        if each.get("run_type") != "iteration":
            continue
        *what, mode, _ = each["name"].split("/")
        key = "/".join(what), mode
        rates[key].append(each["items_per_second"])
        if "gateway_ns" in each:
            costs[key].append(each["gateway_ns"])
    for name in sorted({what for what, _ in rates}):
        for title, of, unit in (("1000/s", rates, 1e3), ("gateway us", costs, 1e3)):
            plain, aware = (of[name, mode] for mode in MODES)
            if not plain or not aware:
                continue
            ratio = statistics.median(aware) / statistics.median(plain)
            print(f"{name:22} {title:10} agnostic {shown(plain, unit):26} aware {shown(aware, unit):26} "
                  f"ratio {ratio if of is rates else 1 / ratio:.2f}  n={len(aware)}")


if __name__ == "__main__":
    main()
