"""The first example of the README, as it stands."""

import pathlib
import re

README = pathlib.Path(__file__).resolve().parents[1] / "README.md"

POD = b"""apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
    - name: app
      image: registry.example.com/web:1.25
"""


def test_first_example(tmp_path, monkeypatch, capsys):
    example = re.search(r"```python\n(.*?)```", README.read_text(), re.S).group(1)
    (tmp_path / "pod.yaml").write_bytes(POD)
    monkeypatch.chdir(tmp_path)
    names = {}
    exec(compile(example, str(README), "exec"), names)
    assert names["result"].verdict == "deny"
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == len(names["result"].findings) > 0
    assert all(re.match(r"pod\.yaml:\d+:\d+: PSS\d{3}: ", line) for line in printed)
