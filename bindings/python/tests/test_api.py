"""What vectors cannot say: Python's own side of the API."""

import copy
import gc
import inspect
import multiprocessing
import pathlib
import pickle
import subprocess
import sys
import threading
import time
import weakref

import pytest

import psdl

RULE = 'package a\n\ndeny contains {"msg": "bad", "path": ["bad"]} if input.bad\n'
SLOW = """package a

deny contains "x" if {
	not input.fast
	some i in numbers.range(1, 1000000)
	some j in numbers.range(1, 100)
	i + j == input.n
}
"""


def test_sources_of_every_kind(tmp_path):
    path = tmp_path / "a.rego"
    path.write_text(RULE)
    for sources in (
        RULE,
        path,
        {"a.rego": RULE},
        psdl.Source("a.rego", RULE),
        [path],
        [psdl.Source("a.rego", RULE.encode())],
    ):
        assert psdl.compile(sources).evaluate(b'{"bad":1}').verdict == "deny"


def test_a_policy_error_has_its_place():
    with pytest.raises(psdl.PolicyError) as raised:
        psdl.compile({"a.rego": "package a\n\ndeny contains x if startwith(input.x)\n"})
    error = raised.value
    assert (error.file, error.line, error.status) == ("a.rego", 3, "bad_policy")
    assert error.code.startswith("rego_") and "a.rego" in str(error) and error.diagnostics


def test_an_input_error_has_its_place_and_what_was_found():
    policy = psdl.compile(RULE)
    with pytest.raises(psdl.InputError) as raised:
        policy.evaluate("bad: 1\n---\nkind: [\n", name="all.yaml")
    error = raised.value
    assert (error.file, error.result.verdict) == ("all.yaml", "error") and error.line >= 3
    assert [one.message for one in error.result.findings] == ["bad"]


def test_level_options_go_with_a_level():
    with pytest.raises(psdl.ArgumentError):
        psdl.compile(RULE, only=["PSS101"])
    with pytest.raises(ValueError):
        psdl.compile(RULE, limits={"nosuch": 1})


def test_results_stay_as_they_are():
    policy = psdl.compile(RULE)
    kept = [policy.evaluate(b'{"bad":1}' if i % 2 else b"{}") for i in range(100)]
    assert [one.verdict for one in kept] == ["allow", "deny"] * 50
    assert [len(one.findings) for one in kept] == [0, 1] * 50
    finding = kept[1].findings[0]
    del kept, policy
    gc.collect()
    assert (finding.message, finding.place.path) == ("bad", "/bad")


def test_a_value_keeps_its_result():
    policy = psdl.compile(RULE)
    value = policy.ask(policy.query("[input.x, 1]"), {"x": "y"}).value()
    gc.collect()
    policy.ask(policy.query("2"))
    assert value.json() == '["y",1]' and value.item(0).python() == "y" and len(value) == 2


def test_many_threads_share_a_policy():
    policy = psdl.compile(RULE)
    wrong = []

    def judge():
        for i in range(500):
            if policy.evaluate(b'{"bad":1}' if i % 2 else b"{}").verdict != ("deny" if i % 2 else "allow"):
                wrong.append(i)

    threads = [threading.Thread(target=judge) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert not wrong


def begun(evaluator, document):
    """A thread that is inside the evaluator, and what it raises."""
    raised = []

    def work():
        try:
            evaluator.evaluate(document)
        except psdl.Error as error:
            raised.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            evaluator.resume()
            evaluator.evaluate_batch([])
        except psdl.BusyError:
            return thread, raised
        time.sleep(0.001)
    raise AssertionError("the thread did not begin")


def test_the_gil_is_released_and_cancel_ends_an_evaluation():
    evaluator = psdl.Evaluator(psdl.compile(SLOW), limits={"instructions": 1_000_000_000})
    thread, raised = begun(evaluator, b'{"n":-1}')
    with pytest.raises(psdl.BusyError):
        evaluator.close()
    evaluator.cancel()
    thread.join(20)
    assert not thread.is_alive() and isinstance(raised[0], psdl.CancelledError)
    with pytest.raises(psdl.CancelledError):
        evaluator.evaluate(b'{"fast":true}')
    evaluator.resume()
    assert evaluator.evaluate(b'{"fast":true}').verdict == "allow"


def test_an_evaluator_is_not_closed_under_a_document_that_is_built():
    evaluator = psdl.Evaluator(psdl.compile(RULE))
    raised = []

    class Closes:
        @property
        def __class__(self):
            raised.append(raised_by(evaluator.close))
            return Closes

    with pytest.raises(psdl.NotJsonError):
        evaluator.evaluate({"a": Closes()})
    assert raised and {type(one) for one in raised} == {psdl.BusyError}
    assert evaluator.evaluate(b"{}").verdict == "allow"


def test_a_closed_evaluator():
    with psdl.Evaluator(psdl.compile(RULE)) as evaluator:
        result = evaluator.evaluate(b'{"bad":1}')
    with pytest.raises(psdl.ClosedError):
        evaluator.evaluate(b"{}")
    assert len(result.findings) == 1


LIB = 'package a\n\np := test.f(input.x)\n\ndeny contains "never" if input.never\n'


def with_builtin(function, signature="(any) -> any", **more):
    return psdl.compile(LIB, builtins=[psdl.Builtin("test.f", signature, function, **more)])


def ask(policy, x=1):
    return policy.ask(policy.query("data.a.p"), {"x": x})


def test_a_builtin_that_raises_is_the_cause():
    def f(_):
        raise KeyError("who")

    with pytest.raises(psdl.CallbackError) as raised:
        ask(with_builtin(f))
    assert isinstance(raised.value.__cause__, KeyError) and "KeyError: 'who'" in str(raised.value)


def test_what_a_builtin_answers():
    assert ask(with_builtin(lambda x: {"b": x, "a": {3, 1}})).value().json() == '{"a":[1,3],"b":1}'
    assert not ask(with_builtin(lambda x: psdl.UNDEFINED)).is_defined
    with pytest.raises(psdl.CallbackError, match="JSON holds no object"):
        ask(with_builtin(lambda x: [object()]))


def test_a_builtin_may_ask_the_same_policy():
    def f(x):
        return x if x > 3 else ask(policies[0], x + 1).answer

    policies = [with_builtin(f)]
    assert ask(policies[0]).answer == 4
    policies.clear()


def test_a_builtin_that_is_interrupted_by_python():
    def f(_):
        raise KeyboardInterrupt

    with pytest.raises(psdl.CallbackError) as raised:
        ask(with_builtin(f))
    assert isinstance(raised.value.__cause__, KeyboardInterrupt)


def test_builtins_are_let_go_with_the_last_policy():
    class F:
        def __call__(self, x):
            return x

    function = F()
    gone = weakref.ref(function)
    policy = with_builtin(function)
    evaluator = psdl.Evaluator(policy)
    del function, policy
    gc.collect()
    assert gone() is not None
    del evaluator
    gc.collect()
    assert gone() is None


def test_call_is_over():
    assert ask(with_builtin(lambda x: psdl.call_is_over())).answer is False
    with pytest.raises(psdl.ArgumentError):
        psdl.call_is_over()


def test_one_policy_for_many_processes():
    image = psdl.compile(RULE).image()
    assert psdl.compile(image=image).image() == image
    code = "import sys, psdl; print(psdl.compile(image=sys.stdin.buffer.read()).evaluate(b'{\"bad\":1}').verdict)"
    assert (
        subprocess.run([sys.executable, "-c", code], input=image, capture_output=True, check=True).stdout.strip()
        == b"deny"
    )


def test_a_batch_tells_which_text_is_none():
    with pytest.raises(psdl.NotJsonError) as raised:
        psdl.Evaluator(psdl.compile(RULE)).evaluate_batch([b"{}", 7])
    assert raised.value.path == "/1"
    with pytest.raises(psdl.ArgumentError):
        psdl.Evaluator(psdl.compile(RULE)).evaluate_batch([b"{}"], names=[])


def test_half_a_surrogate_pair_is_a_text_that_cannot_be_read():
    policy = psdl.compile(RULE)
    evaluator = psdl.Evaluator(policy)
    text = '{"bad": "\ud800"}'
    for refuse in (
        lambda: policy.evaluate(text),
        lambda: evaluator.evaluate(text),
        lambda: policy.ask(policy.query("input"), text),
        lambda: psdl.apply(psdl.Data(policy), [psdl.Change("put", "/a", text)]),
    ):
        with pytest.raises(psdl.InputError) as raised:
            refuse()
        assert (raised.value.code, raised.value.line, raised.value.column) == ("bad_encoding", 1, 10)
    with pytest.raises(psdl.PolicyError):
        psdl.compile("package a\n# \ud800\n")
    batch = evaluator.evaluate_batch(["{}", text, '{"bad": 1}', '{"bad": "\ud83d\ude00"}', '{"bad": "\U0001f600"}'])
    assert batch.verdicts == ["allow", "error", "deny", "error", "deny"] and batch.status == "bad_input"
    with pytest.raises(psdl.ArgumentError):
        evaluator.evaluate_batch(["{}"], names=["\ud800"])


def test_the_library_is_a_file_of_its_own():
    library = pathlib.Path(psdl.__file__).parent / "libpsdl.so.1"
    assert library.is_file() and not library.is_symlink()


def test_stubs_and_docstrings_are_there():
    folder = pathlib.Path(psdl.__file__).parent
    assert (folder / "py.typed").exists()
    stub = (folder / "_psdl.pyi").read_text()
    for name in ("class Policy", "class Evaluator", "class Finding", "def evaluate"):
        assert name in stub
    missing = [
        name for name in psdl.__all__ if not name.startswith("_") and name.isalpha() and not getattr(psdl, name).__doc__
    ]
    assert not [name for name in missing if not name.endswith("Error") and name != "UNDEFINED"]


def test_types_hold(tmp_path):
    pytest.importorskip("mypy")
    use = tmp_path / "use.py"
    use.write_text(
        "import psdl\n"
        "policy: psdl.Policy = psdl.compile(level='restricted')\n"
        "result = policy.evaluate(b'{}')\n"
        "lines: list[int] = [one.place.line for one in result.findings]\n"
        "word: str = result.verdict\n"
        "batch = psdl.Evaluator(policy, limits={'instructions': 5}).evaluate_batch([b'{}'])\n"
        "policy.evaluate()  # type: ignore[call-arg]\n"
        "result.verdict == 'nosuch'  # type: ignore[comparison-overlap]\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path), str(use)],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout


class NoText(Exception):
    def __str__(self):
        raise RuntimeError("no text of mine")


@pytest.mark.parametrize(
    "raised, shown",
    [
        (ValueError("\ud800"), "ValueError: \\ud800"),
        (NoText(), "no text"),
        (psdl.BuiltinError("\0ä"), "\0ä"),
        (KeyError(), "KeyError"),
    ],
    ids=["half a surrogate pair", "no text", "nul", "empty"],
)
def test_whatever_a_builtin_raises_is_told(raised, shown):
    def fail(_):
        raise raised

    policy = psdl.compile(
        'package a\n\ndeny contains "x" if acme.fail(input.a)\n',
        builtins=[psdl.Builtin("acme.fail", "(any) -> any", fail)],
    )
    with pytest.raises(psdl.CallbackError) as caught:
        policy.evaluate({"a": 1})
    assert shown in caught.value.diagnostics[0].message
    assert caught.value.__cause__ is raised
    with pytest.raises(psdl.ArgumentError):
        psdl.call_is_over()


@pytest.mark.parametrize("answer", [float("nan"), {1: 2}, object(), [b""], "\ud800"], ids=repr)
def test_an_answer_that_json_cannot_hold_ends_the_evaluation(answer):
    policy = psdl.compile(
        'package a\n\ndeny contains "x" if acme.give(input.a)\n',
        builtins=[psdl.Builtin("acme.give", "(any) -> any", lambda _: answer)],
    )
    with pytest.raises(psdl.CallbackError) as caught:
        policy.evaluate({"a": 1})
    assert isinstance(caught.value.__cause__, psdl.NotJsonError)


def has_a_docstring(thing):
    text = inspect.getdoc(thing) or ""
    # The module's functions begin with their signature.
    return "\n" in text if text.split("(")[0] in ("", getattr(thing, "__name__", "")) else text != ""


def public_members(kind):
    for name, member in vars(kind).items():
        if not name.startswith("_") and not isinstance(member, (str, int)) and type(member).__name__ != "_tuplegetter":
            yield name, getattr(member, "fget", member)


def test_everything_has_a_docstring():
    named = {name: getattr(psdl, name) for name in psdl.__all__}
    things = {name: one for name, one in named.items() if callable(one)}
    for name, kind in list(things.items()):
        if inspect.isclass(kind):
            things.update((f"{name}.{member}", one) for member, one in public_members(kind))
    assert [name for name, one in things.items() if not has_a_docstring(one)] == []


def raised_by(call):
    with pytest.raises(psdl.Error) as caught:
        call()
    return caught.value


def every_error():
    kinds = [kind for kind in vars(psdl).values() if inspect.isclass(kind) and issubclass(kind, psdl.Error)]
    problems = raised_by(lambda: psdl.compile("package a\n\nx := ")).diagnostics
    for kind in kinds:
        yield kind("/a", "why") if kind is psdl.NotJsonError else kind("what", problems, None, "limit")
    policy = psdl.compile(RULE)
    yield raised_by(lambda: policy.evaluate({"a": {1}}))
    yield raised_by(lambda: policy.evaluate(b"bad: 1\n---\n["))
    yield raised_by(lambda: psdl.compile(level="nosuch"))


def seen(error):
    problems = [(str(one), one.severity, one.document, one.help) for one in error.diagnostics]
    told = (str(error), error.status, error.code, error.file, error.line, error.column, error.help)
    return type(error), told, problems, getattr(error, "path", None)


@pytest.mark.parametrize("error", list(every_error()), ids=lambda error: type(error).__name__)
def test_errors_go_to_other_processes(error):
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        back = pickle.loads(pickle.dumps(error, protocol))
        assert seen(back) == seen(error) and back.result is None
    assert seen(copy.copy(error)) == seen(error)
    if error.diagnostics:
        assert repr(copy.deepcopy(error.diagnostics)) == repr(error.diagnostics)


def fail_in_a_worker(which):
    policy = psdl.compile(RULE)
    return policy.evaluate({"a": {1}} if which == 0 else b"[").verdict


def test_errors_come_back_from_a_pool():
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        told = (psdl.NotJsonError, "at `/a`: JSON holds no set"), (psdl.InputError, "input:1:")
        for which, (kind, text) in enumerate(told):
            with pytest.raises(kind, match=text):
                pool.apply_async(fail_in_a_worker, (which,)).get(60)


ENDS = """
import threading, time, psdl

def f(x):
    time.sleep(0.001)
    if x == "raise":
        raise ValueError(x)
    return x

RULE = 'package a\\n\\ndeny contains msg if msg := test.f(input.kind)\\n'
policy = psdl.compile(RULE, level="baseline", builtins=[psdl.Builtin("test.f", "(any) -> any", f)])
pods = b"---\\n{kind: Pod, apiVersion: v1, metadata: {name: a}, spec: {containers: [{name: a, image: x}]}}\\n" * 50

def judge(document):
    evaluator = psdl.Evaluator(policy)
    while True:
        try:
            policy.evaluate(document)
            evaluator.evaluate_batch([document] * 3 if isinstance(document, bytes) else [])
        except psdl.Error:
            pass

class AtTheEnd:
    def __del__(self, policy=policy):
        policy.evaluate(b"kind: x")

last = AtTheEnd()
for document in (pods, pods, {"kind": "x"}, {"kind": "raise"}, {"kind": {1}}):
    threading.Thread(target=judge, args=(document,), daemon=True).start()
time.sleep(0.2)
print("end")
"""


def test_the_interpreter_ends_while_threads_evaluate():
    """Daemon threads are still in the engine, in a builtin or in an error when the interpreter is gone."""
    for _ in range(10):
        done = subprocess.run([sys.executable, "-c", ENDS], capture_output=True, text=True, timeout=60)
        assert (done.returncode, done.stdout) == (0, "end\n"), done.stderr
