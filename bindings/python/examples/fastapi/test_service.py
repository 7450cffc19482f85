"""The service, asked as a client of OPA asks it. Runs where fastapi and httpx are installed."""

import concurrent.futures
import pathlib

import pytest

pytest.importorskip("fastapi")
pytest.importorskip("httpx")

from fastapi.testclient import TestClient  # noqa: E402

POD = "kind: Pod\nspec:\n  containers:\n    - name: app\n      image: nginx\n"
READ = {"input": {"user": "ann", "action": "read", "resource": "report"}}


@pytest.fixture
def client(monkeypatch):
    monkeypatch.setenv("POLICIES", str(pathlib.Path(__file__).parent / "policies"))
    monkeypatch.syspath_prepend(str(pathlib.Path(__file__).parent))
    monkeypatch.delitem(__import__("sys").modules, "service", raising=False)
    import service

    with TestClient(service.app) as client:
        yield client


def test_decisions_follow_the_data(client):
    assert client.post("/v1/data/app/allow", json=READ).json() == {"result": False}
    assert client.put("/v1/data/roles", json={"ann": ["reader"]}).status_code == 204
    assert client.put("/v1/data/grants", json={"reader": [{"action": "read", "resource": "report"}]}).status_code == 204
    assert client.post("/v1/data/app/allow", json=READ).json() == {"result": True}
    patch = [{"op": "add", "path": "/ann/0", "value": "writer"}]
    assert client.patch("/v1/data/roles", json=patch).status_code == 204
    assert client.get("/v1/data/roles").json() == {"result": {"ann": ["writer", "reader"]}}
    assert client.delete("/v1/data/roles").status_code == 204
    assert client.post("/v1/data/app/allow", json=READ).json() == {"result": False}


def test_what_is_undefined_has_no_result(client):
    assert client.post("/v1/data/nowhere", json={}).json() == {}


def test_a_request_that_is_no_json(client):
    answer = client.post("/v1/data/app/allow", content=b"{")
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_input")


def test_all_of_the_data(client):
    assert client.put("/v1/data", json={"teams": ["red"]}).status_code == 204
    assert client.patch("/v1/data", json=[{"op": "add", "path": "/count", "value": 1}]).status_code == 204
    whole = {"result": {"app": {"allow": False, "deny": []}, "count": 1, "teams": ["red"]}}
    for path in ("/v1/data", "/v1/data/"):
        answer = client.get(path, follow_redirects=False)
        assert (answer.status_code, answer.json()) == (200, whole)
        answer = client.post(path, json={"input": {}}, follow_redirects=False)
        assert (answer.status_code, answer.json()) == (200, whole)
        assert client.delete(path, follow_redirects=False).status_code == 405
    assert client.get("/v1/data/teams").json() == {"result": ["red"]}


def test_a_change_that_does_not_apply(client):
    add = [{"op": "add", "path": "/a", "value": 1}]
    for answer in (client.delete("/v1/data/nowhere"), client.patch("/v1/data/nowhere", json=add)):
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert client.put("/v1/data/teams", json=["red"]).status_code == 204
    answer = client.put("/v1/data/teams/red", json=1)  # below a list
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_input")


def test_manifests_are_judged_with_their_lines(client):
    answer = client.post("/v1/judge", content=POD).json()
    assert answer["verdict"] == "deny"
    assert [(found["message"], found["line"]) for found in answer["findings"]] == [("image `nginx` has no tag", 5)]
    broken = client.post("/v1/judge", content="kind: [")
    assert (broken.status_code, broken.json()["errors"][0]["location"]["row"]) == (400, 1)


def test_many_at_once(client):
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: client.post("/v1/judge", content=POD).json()["verdict"], range(40)))
    assert answers == ["deny"] * 40
