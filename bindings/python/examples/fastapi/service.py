"""A decision service with the paths of OPA's REST API, so that what asks OPA can ask it:

POST /v1/data/PATH        {"input": ..}  ->  {"result": ..}, or {} where the document is undefined
GET, PUT, PATCH, DELETE /v1/data/PATH    base data, while the service runs
POST /v1/judge            a manifest or an AdmissionReview, JSON or YAML  ->  verdict and findings with their lines
GET /health

POLICIES=policies uvicorn service:app
"""

from __future__ import annotations

import json
import os
import pathlib
from decimal import Decimal
from functools import lru_cache
from typing import Any, List

from fastapi import Depends, FastAPI, HTTPException, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse

import psdl

STATUS_CODES = {"bad_input": 400, "bad_argument": 400, "bad_policy": 400, "not_found": 404, "limit": 422}
TIME_NS = 500_000_000

app = FastAPI(title="Decisions by PSDL")
policy = psdl.compile(sorted(pathlib.Path(os.environ.get("POLICIES", "policies")).glob("*.rego")))
data = psdl.Data(policy)


@lru_cache(maxsize=1024)
def prepared(path: str) -> psdl.Query:
    """The query of a document: `app/allow` is data["app"]["allow"]."""
    return policy.query("data" + "".join(f"[{json.dumps(part)}]" for part in path.split("/") if part))


def evaluator() -> psdl.Evaluator:
    """One to a request, as an evaluator is for one thread at a time."""
    return psdl.Evaluator(policy, data=data, limits={"time_ns": TIME_NS})


@app.exception_handler(psdl.Error)
def failed(_: Request, error: psdl.Error) -> JSONResponse:
    shown = [
        {"code": one.code, "message": one.message, "location": {"file": one.file, "row": one.line, "col": one.column}}
        for one in error.diagnostics
    ]
    return JSONResponse(
        {"code": error.status, "message": str(error), "errors": shown}, STATUS_CODES.get(error.status, 500)
    )


def document(request: Request) -> str:
    """The path behind /v1/data; empty: all of it."""
    return request.path_params.get("path", "")


def answer(path: str, body: bytes) -> str:
    try:
        asked = json.loads(body, parse_float=Decimal) if body else {}  # numbers stay as they were sent
    except ValueError as error:
        raise psdl.InputError(f"the request is no JSON: {error}") from None
    if not isinstance(asked, dict):
        raise psdl.InputError("the request is no object")
    given = asked.get("input")
    if isinstance(given, str):
        given = json.dumps(given)  # a str is a text to be read
    with evaluator() as one:
        result = one.ask(prepared(path), given)
        return '{"result":' + result.value().json() + "}" if result.is_defined else "{}"


@app.post("/v1/data")
@app.post("/v1/data/{path:path}")
async def decide(request: Request, path: str = Depends(document)) -> Response:
    # In a thread: the GIL is released while the engine works, so requests use all cores.
    return Response(await run_in_threadpool(answer, path, await request.body()), media_type="application/json")


def judged(body: bytes) -> dict[str, Any]:
    with evaluator() as one:
        result = one.evaluate(body, name="request")
        findings: List[dict[str, Any]] = [
            {
                "rule": found.rule,
                "severity": found.severity,
                "message": found.message,
                "path": found.place.path,
                "line": found.place.line,
            }
            for found in result.findings
        ]
        return {"verdict": result.verdict, "findings": findings}


@app.post("/v1/judge")
async def judge(request: Request) -> dict[str, Any]:
    return await run_in_threadpool(judged, await request.body())


def pointer(path: str) -> str:
    return "".join("/" + part.replace("~", "~0") for part in path.split("/") if part)


@app.get("/v1/data")
@app.get("/v1/data/{path:path}")
def get_data(path: str = Depends(document)) -> Response:
    return Response(answer(path, b""), media_type="application/json")


async def change(action: str, path: str, request: Request) -> Response:
    try:
        psdl.apply(data, [psdl.Change(action, pointer(path), await request.body(), "request", "json")])
    except psdl.InputError as error:
        if action == "put" or error.code != "data_conflict":
            raise
        raise psdl.NotFoundError(str(error), error.diagnostics) from None  # there is nothing to change
    return Response(status_code=204)


@app.put("/v1/data")
@app.put("/v1/data/{path:path}")
async def put_data(request: Request, path: str = Depends(document)) -> Response:
    return await change("put", path, request)


@app.patch("/v1/data")
@app.patch("/v1/data/{path:path}")
async def patch_data(request: Request, path: str = Depends(document)) -> Response:
    return await change("patch", path, request)


@app.delete("/v1/data/{path:path}")
async def delete_data(path: str, request: Request) -> Response:
    if not pointer(path):
        raise HTTPException(405)  # all of the data, as OPA has it
    return await change("remove", path, request)


@app.get("/health")
def health() -> dict[str, Any]:
    return {}
