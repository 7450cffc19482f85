#!/usr/bin/env python3
"""What a Python host pays for one document: PSDL, and rego-cpp's Python package where it is installed (`regopy`).

    main.py [--rounds 101] [--times 50] [--rule RULE] DOCUMENT..

In: a rule and JSON documents. Out: a line each. `over C` is the time of `evaluate(bytes)` and its verdict less that of
the same calls in a loop of C; the peer is given the same bytes and asked the same rule, and both read all findings.
Nanoseconds of the thread, of the quickest of rounds in turns, as other work on the machine only adds. The package psdl
must be installed, and a C compiler.
"""

import argparse
import ctypes
import json
import pathlib
import statistics
import subprocess
import tempfile
import time

import psdl

HERE = pathlib.Path(__file__).resolve().parent


def loop_of_c(folder, rule):
    """loop.c, on the library that the module uses: its name is found among what is loaded."""
    made = pathlib.Path(folder) / "loop.so"
    library = pathlib.Path(psdl.__file__).parent / "libpsdl.so.1"
    subprocess.run(
        ["cc", "-O2", "-shared", "-fPIC", f"-I{HERE.parents[2] / 'include'}", HERE / "loop.c", library, "-o", made],
        check=True,
    )
    loop = ctypes.PyDLL(str(made))
    loop.loop_run.restype = loop.loop_thread_ns.restype = ctypes.c_int64
    loop.loop_run.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_size_t]
    status = loop.loop_open(rule.encode())
    assert status == 0, psdl.status_name(status)
    return loop


def timed(call, document, times):
    """Nanoseconds of a call. The loop itself is some twenty of them, and counted."""
    begun = time.thread_time_ns()
    for _ in range(times):
        call(document)
    return (time.thread_time_ns() - begun) / times


def of_psdl(rule):
    policy = psdl.compile(psdl.Source("rule.rego", rule))
    # As the loop of C; the peer checks no types and knows no places either.
    evaluator = psdl.Evaluator(policy, trust_types=True, without_places=True)

    def verdict(document):
        return evaluator.evaluate(document, format="json").verdict

    def findings(document):
        return len(evaluator.evaluate(document, format="json").findings)

    return verdict, findings


def of_peer(rule):
    """The same by rego-cpp, or None."""
    try:
        import regopy
    except ImportError:
        return None
    interpreter = regopy.Interpreter()
    interpreter.add_module("rule.rego", rule)
    bundle = interpreter.build("data.example.deny")

    def findings(document):
        interpreter.set_input_term(document.decode())
        output = interpreter.query_bundle(bundle)
        return len(json.loads(str(output))["expressions"][0])

    return findings


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=101)
    parser.add_argument("--times", type=int, default=50)
    parser.add_argument("--rule", type=pathlib.Path, default=HERE.parent / "rule.rego")
    parser.add_argument("documents", nargs="+", type=pathlib.Path)
    asked = parser.parse_args()
    rule = asked.rule.read_text(encoding="utf-8")
    calls = of_psdl(rule)
    peer = of_peer(rule)
    with tempfile.TemporaryDirectory() as folder:
        loop = loop_of_c(folder, rule)
        for path in asked.documents:
            print(line(asked, path, loop, calls, peer))


def line(asked, path, loop, calls, peer):
    document = path.read_bytes()
    verdict, findings = calls
    found = findings(document)
    if peer is not None and peer(document) != found:
        raise SystemExit(f"{path}: PSDL finds {found}, rego-cpp {peer(document)}")
    spent = {"C": [], "verdict": [], "findings": [], "peer": []}
    for _ in range(asked.rounds):
        spent["C"].append(loop.loop_run(document, len(document), asked.times) / asked.times)
        spent["verdict"].append(timed(verdict, document, asked.times))
        spent["findings"].append(timed(findings, document, asked.times))
        if peer is not None:
            spent["peer"].append(timed(peer, document, 1))
    over = statistics.median(call - base for call, base in zip(spent["verdict"], spent["C"]))
    least = {name: min(some) for name, some in spent.items() if some}
    shown = (
        f"{path.name} ({len(document)} bytes, {found} findings): C {least['C']:.0f} ns, "
        f"evaluate() {least['verdict'] - least['C']:.0f} ns over C (median {over:.0f}), "
        f"with findings {least['findings']:.0f} ns"
    )
    if peer is None:
        return shown + "; regopy is not installed"
    return shown + f"; rego-cpp {least['peer']:.0f} ns, {least['peer'] / least['findings']:.1f} times"


if __name__ == "__main__":
    main()
