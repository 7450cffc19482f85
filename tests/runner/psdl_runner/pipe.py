"""Talks to `psdl pipe`: one JSON request a line in, one JSON answer a line out (docs/pipe.md).

In: requests. Out: for each one an answer or the reason why there is none. Requests are written ahead of the answers, so
that neither side waits for the other; a process that dies or hangs costs the case that it was working on and no other.
"""

import os
import selectors
import shlex
import subprocess
import tempfile
import threading
import time

from . import numbers_as_text

# Starts in a row that end before the first answer, after which the rest is given up: the binary does not work at all, and
# thousands of cases would each wait for their own start.
MAX_FAILED_STARTS = 10


class Failure:
    """Why a request has no answer: `crash`, `timeout` or `bad answer`, and details for people."""

    def __init__(self, kind, details=""):
        self.kind = kind
        self.details = details

    def __str__(self):
        return f"{self.kind}: {self.details}" if self.details else self.kind


def command_of(text):
    """A path to the binary, or words when no such file is there: a wrapper with arguments."""
    return [text] if os.path.isfile(text) else shlex.split(text)


def ask(command, requests, processes=2, timeout_s=10.0):
    """The answers of `command` to all requests, in their order: a tree, or a Failure.

    Requests are dicts without `id`, which is set here. Every process gets a stretch of them.
    """
    answers = [None] * len(requests)
    processes = max(1, min(processes, len(requests)))
    # Dealt like cards: long cases stand together in the corpora.
    stretches = [list(range(first, len(requests), processes)) for first in range(processes)]
    if processes == 1:
        _serve(command, requests, stretches[0], answers, timeout_s)
        return answers
    threads = [
        threading.Thread(target=_serve, args=(command, requests, stretch, answers, timeout_s)) for stretch in stretches
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def _serve(command, requests, indices, answers, timeout_s):
    lines = [numbers_as_text.write({"id": index, **requests[index]}).encode() + b"\n" for index in indices]
    done = 0
    failed_starts = 0
    while done < len(indices):
        if failed_starts >= MAX_FAILED_STARTS:
            for index in indices[done:]:
                answers[index] = Failure("crash", "the program does not start")
            return
        answered, failure = _run_once(command, lines[done:], indices[done:], answers, timeout_s)
        failed_starts = 0 if answered or failure.kind != "crash" else failed_starts + 1
        done += answered
        if failure is not None and done < len(indices):
            answers[indices[done]] = failure
            done += 1


def _run_once(command, lines, indices, answers, timeout_s):
    """Runs one process until all lines are answered, it ends, or one takes too long. (answers got, failure or None)."""
    with tempfile.TemporaryFile() as stderr:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr)
        try:
            answered, failure = _exchange(process, lines, indices, answers, timeout_s)
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
            process.stdin.close()
            process.stdout.close()
        if failure is not None and failure.kind == "crash":
            stderr.seek(0)
            said = stderr.read()[-4000:].decode("utf-8", "replace").strip()
            failure.details = f"exit status {process.returncode}" + (f", stderr: {said}" if said else "")
        return answered, failure


def _exchange(process, lines, indices, answers, timeout_s):
    os.set_blocking(process.stdin.fileno(), False)
    os.set_blocking(process.stdout.fileno(), False)
    unsent = memoryview(b"".join(lines))
    unread = bytearray()
    answered = 0
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        selector.register(process.stdin, selectors.EVENT_WRITE)
        # The clock of a case starts when the answer before it was read: answers come in the order of the requests.
        deadline = time.monotonic() + timeout_s
        while answered < len(lines):
            ready = selector.select(max(0.0, deadline - time.monotonic()))
            ended = False
            for key, _ in ready:
                if key.fileobj is process.stdin:
                    try:
                        unsent = unsent[os.write(process.stdin.fileno(), unsent[:65536]) :]
                    except BlockingIOError:
                        pass
                    except BrokenPipeError:
                        # What it answered before it closed its input still counts; the end of its output tells the rest.
                        selector.unregister(process.stdin)
                        continue
                    if not unsent:
                        selector.unregister(process.stdin)
                else:
                    chunk = os.read(process.stdout.fileno(), 1 << 20)
                    unread += chunk
                    ended = not chunk
            before = answered
            while answered < len(lines) and (end := unread.find(b"\n")) >= 0:
                answers[indices[answered]] = _read_line(bytes(unread[:end]), indices[answered])
                del unread[: end + 1]
                answered += 1
            if answered == len(lines):
                return answered, None
            if ended:
                return answered, Failure("crash")
            if answered > before:
                deadline = time.monotonic() + timeout_s
            elif time.monotonic() >= deadline:
                return answered, Failure("timeout", f"no answer within {timeout_s:g} s")
    return answered, None


def _read_line(line, index):
    try:
        answer = numbers_as_text.read_answer(line.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        return Failure("bad answer", f"{error}: {line[:200]!r}")
    if not isinstance(answer, dict) or answer.get("id") != numbers_as_text.Number(str(index)):
        return Failure("bad answer", f"no object with id {index}: {line[:200]!r}")
    return answer
