#!/usr/bin/env python3
"""Judges reports by what their readers ask of them.

    tests/report/check_reports.py tests/report/usual tests/report/hostile
    tests/report/check_reports.py --binary build/release/psdl --rule RULE.psdl --manifest FILE.yaml

In: folders with FORMAT.out, a file a format; or a rule and a manifest, of which the binary makes them. Out: a line for each report that its readers
would refuse, or in which a text acts that came from a manifest; exit status 1 if there is one. What needs a program that is not here is named as not
run: xmllint (JUnit's XSD), chromium (the page at work), PSDL_SARIF_MULTITOOL (the path of Microsoft's validator).
"""

import argparse
import base64
import hashlib
import html.parser
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree

import jsonschema
import yaml

import browser

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
FORMATS = (
    "text short json jsonl yaml sarif junit github gitlab azure tap table markdown policyreport html".split()
)
SCHEMA = json.loads((ROOT / "docs/reference/findings.schema.json").read_text())
# Control characters but the line feed, bidi and invisible ones, noncharacters of the first plane.
HIDDEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufdd0-\ufdef\ufeff\ufff9-\ufffb\ufffe\uffff]")
COMMAND = re.compile(r"##(?:vso)?\[", re.I)

not_run = []


class Refused(Exception):
    """Why a reader would not take a report."""


def demand(condition, why):
    if not condition:
        raise Refused(why)


def parse_json(text):
    def no_duplicates(pairs):
        demand(len({key for key, _ in pairs}) == len(pairs), f"a key twice: {pairs}")
        return dict(pairs)

    return json.loads(text, object_pairs_hook=no_duplicates)


# --- What no report may hold -------------------------------------------------------------------------------------------------


def check_harmless(name, text):
    hidden = HIDDEN.search(text)
    demand(not hidden, f"a hidden character, {hidden and ascii(hidden.group())}")
    for line in text.splitlines():
        demand(name == "github" or not line.lstrip().startswith("::"), f"a line that is a workflow command: {line!r}")
        commands = len(COMMAND.findall(line))
        demand(commands == (1 if name == "azure" and line.startswith("##vso[task.logissue ") else 0), f"a logging command in {line!r}")


# --- A reader a format -------------------------------------------------------------------------------------------------------


def check_text(text, _):
    demand(text.endswith("\n"), "no newline at the end")
    starts = re.compile(r"(error|warning|note)\[|\.\.\. |note: |(passed|skipped): | *(\d+ )?[|+=-]| *-->| *\.\.\.$|$|\d+ finding|no findings|nothing was")
    for line in text.splitlines():
        demand(starts.match(line), f"a line that begins with something else: {line!r}")


def check_short(text, _):
    for line in text.splitlines():
        demand(re.match(r".+(:\d+:\d+)?: (error|warning|note)\[.*\]: |(passed|skipped): ", line), f"not file:line:column: severity[rule]: message: {line!r}")


def check_json(text, _):
    tree = parse_json(text)
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(tree, SCHEMA)
    counted = [finding for finding in tree["findings"] if finding["suppressed"] is None]
    summary = tree["summary"]
    demand(summary["findings"] == len(counted), "the summary counts other findings")
    demand(sum(summary["bySeverity"].values()) == len(counted), "the severities do not add up")
    demand(summary["suppressed"] == len(tree["findings"]) - len(counted), "the summary counts other suppressed findings")
    places = [(f["location"]["file"], f["location"].get("start", {}).get("line", 0), f["location"].get("start", {}).get("column", 0), f["rule"]) for f in tree["findings"]]
    demand(places == sorted(places), "not sorted by file, line, column, rule")


def check_jsonl(text, reports):
    schema = {"$ref": "#/$defs/finding", "$defs": SCHEMA["$defs"]}
    findings = [parse_json(line) for line in text.splitlines()]
    for finding in findings:
        jsonschema.validate(finding, schema)
    whole = parse_json(reports["json"])["findings"]
    canon = lambda items: sorted(json.dumps(item, sort_keys=True) for item in items)
    demand(canon(findings) == canon(whole), "other findings than in json")


def same(from_yaml, from_json):
    """YAML 1.1 takes a number such as 1e3 for text; all else is equal."""
    if isinstance(from_json, dict):
        return isinstance(from_yaml, dict) and list(from_yaml) == list(from_json) and all(same(from_yaml[key], from_json[key]) for key in from_json)
    if isinstance(from_json, list):
        return isinstance(from_yaml, list) and len(from_yaml) == len(from_json) and all(map(same, from_yaml, from_json))
    if isinstance(from_json, float) and isinstance(from_yaml, str):
        return float(from_yaml) == from_json
    return type(from_yaml) is type(from_json) and from_yaml == from_json


def check_yaml(text, reports):
    demand(same(yaml.safe_load(text), parse_json(reports["json"])), "not the same as json")


def check_region(region):
    for key in ("startLine", "startColumn", "endLine", "endColumn"):
        demand(region.get(key, 0) >= 1, f"{key} is missing: {region}")
    demand(region["startLine"] == region["endLine"] and region["startColumn"] <= region["endColumn"], f"not a part of one line: {region}")


def check_sarif(text, _):
    tree = parse_json(text)
    demand(tree["version"] == "2.1.0" and tree["$schema"], "neither $schema nor version")
    (run,) = tree["runs"]
    driver = run["tool"]["driver"]
    demand(driver["name"] == "psdl" and driver["semanticVersion"], "the driver has no name or version")
    demand(driver["informationUri"].startswith("https://"), "the driver does not say where more is to be read")  # SARIF2005
    rules = driver["rules"]
    for rule in rules:
        for key in ("shortDescription", "fullDescription", "help"):
            demand(rule[key]["text"], f"{rule['id']} has no {key}")
        demand(rule["help"]["markdown"] and len(rule["properties"]["tags"]) <= 10, f"{rule['id']}: help or tags")
        score = rule["properties"].get("security-severity")
        demand(score is None or (isinstance(score, str) and 0 <= float(score) <= 10), f"{rule['id']}: security-severity {score!r}")
    seen = set()
    for result in run["results"]:
        demand(rules[result["ruleIndex"]]["id"] == result["ruleId"], "ruleIndex names another rule")
        demand(result["message"]["text"] and result["level"] in ("error", "warning", "note"), "no message or level")
        place = result["locations"][0]["physicalLocation"]
        demand(re.fullmatch(r"[\w\-.~/!$&'()*+,;=@%]+", place["artifactLocation"]["uri"]), f"no relative reference: {place['artifactLocation']['uri']}")
        check_region(place["region"])
        for related in result.get("relatedLocations", []):
            check_region(related["physicalLocation"]["region"])
        key = (result["ruleId"], result["partialFingerprints"]["primaryLocationLineHash"])
        demand(key not in seen, f"a fingerprint twice: {key}")
        seen.add(key)
        for fix in result.get("fixes", []):
            for change in fix["artifactChanges"]:
                demand(change["artifactLocation"]["uri"] and change["replacements"], "a fix that changes nothing")
    validate_with_multitool(text)


def validate_with_multitool(text):
    tool = os.environ.get("PSDL_SARIF_MULTITOOL")
    if not tool:
        not_run.append("the SARIF multitool (PSDL_SARIF_MULTITOOL is not set)")
        return
    schema = pathlib.Path(tool).parent / "sarif-2.1.0.json"
    if schema.exists():
        jsonschema.Draft7Validator(json.loads(schema.read_text(encoding="utf-8-sig"))).validate(json.loads(text))
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "report.sarif"
        path.write_text(text, encoding="utf-8")
        output = pathlib.Path(folder) / "judged.sarif"
        environment = dict(os.environ, DOTNET_SYSTEM_GLOBALIZATION_INVARIANT="1")
        done = subprocess.run([tool, "validate", path, "--rule-kind", "Sarif;Ghas", "--output", output, "--log", "ForceOverwrite"], env=environment, capture_output=True, text=True, timeout=300, check=False)
        demand(output.exists(), f"the multitool made nothing: {done.stdout}{done.stderr}")
        judged = json.loads(output.read_text(encoding="utf-8-sig"))["runs"][0]["results"]
        # SARIF2005 asks for the address of a page about the tool: there is none to name.
        wrong = [result for result in judged if result.get("level", "warning") in ("error", "warning") and result["message"].get("id") != "Warning_ProvideToolnformationUri"]
        demand(not wrong, f"the multitool says: {json.dumps(wrong[:3], indent=1)}")


def check_junit(text, _):
    tree = ElementTree.fromstring(text)
    totals = {"tests": 0, "failures": 0, "errors": 0}
    for suite in tree:
        counted = {"tests": len(suite), "failures": len(suite.findall("testcase/failure")), "errors": len(suite.findall("testcase/error")), "skipped": len(suite.findall("testcase/skipped"))}
        for key, count in counted.items():
            demand(int(suite.get(key)) == count, f"{key} of {suite.get('name')} is not {count}")
            if key in totals:
                totals[key] += count
    demand(all(int(tree.get(key)) == count for key, count in totals.items()), f"the totals are not {totals}")
    if not shutil.which("xmllint"):
        not_run.append("JUnit's XSD (xmllint is not installed)")
        return
    done = subprocess.run(["xmllint", "--noout", "--schema", ROOT / "tests/report/junit.xsd", "-"], input=text, capture_output=True, text=True, check=False)
    demand(done.returncode == 0, done.stderr)


def check_github(text, _):
    kinds = {"error": 0, "warning": 0, "notice": 0}
    for line in text.splitlines():
        found = re.fullmatch(r"::(error|warning|notice) ((?:\w+=[^:,]*,)*\w+=[^:,]*)::(.*)", line)
        demand(found or re.match(r"\d+ findings?[: ]", line), f"no workflow command: {line!r}")
        if found:
            properties = dict(one.split("=", 1) for one in found.group(2).split(","))
            demand(set(properties) <= {"file", "line", "endLine", "col", "endColumn", "title"} and properties["file"], f"properties: {properties}")
            kinds[found.group(1)] += "code" not in properties
    demand(kinds["warning"] <= 10 and kinds["notice"] <= 10, f"more than GitHub keeps: {kinds}")


def check_gitlab(text, _):
    entries = parse_json(text)
    prints = [entry["fingerprint"] for entry in entries]
    demand(len(set(prints)) == len(prints), "a fingerprint twice")
    for entry in entries:
        demand(set(entry) == {"description", "check_name", "fingerprint", "severity", "location"}, f"keys: {list(entry)}")
        demand(entry["severity"] in ("info", "minor", "major", "critical", "blocker"), entry["severity"])
        demand(entry["location"]["path"] and entry["location"]["lines"]["begin"] >= 1, f"place: {entry['location']}")


def check_azure(text, _):
    for line in text.splitlines():
        found = re.fullmatch(r"##vso\[task\.logissue type=(?:error|warning);sourcepath=[^;\]]+(?:;linenumber=\d+;columnnumber=\d+)?;code=[^;\]]*\].+", line)
        demand(found or re.match(r"\d+ findings?: ", line), f"no logging command: {line!r}")


def check_tap(text, _):
    lines = text.splitlines()
    demand(lines[0] == "TAP version 14", "no version")
    plan = re.match(r"1\.\.(\d+)", lines[1])
    demand(plan, "no plan")
    number, block = 0, None
    for line in lines[2:]:
        if block is not None:
            demand(line.startswith("  "), f"a diagnostic without its indent: {line!r}")
            if line == "  ...":
                demand(isinstance(yaml.safe_load("\n".join(block)), dict), "a diagnostic that is no mapping")
                block = None
            else:
                block.append(line[2:])
        elif line == "  ---":
            block = []
        else:
            number += 1
            found = re.fullmatch(r"(?:not )?ok (\d+) - (?:[^#\\]|\\.)*(?: # SKIP (?:[^#\\]|\\.)*)?", line)
            demand(found and int(found.group(1)) == number, f"no test, or another number: {line!r}")
    demand(number == int(plan.group(1)) and block is None, "not as many tests as the plan says")


def check_table(text, _):
    lines = text.splitlines()
    width = len(lines[0])
    demand(lines[0].startswith("OBJECT") and lines[-1].startswith("total "), "no head or no total")
    demand(all(len(line) == width for line in lines[:-1] if line.isascii()), "columns that do not line up")
    demand(all(re.match(r"\w|\\x", line) for line in lines), "a line that begins with something else than a word")


def check_markdown(text, _):
    for line in text.splitlines():
        demand(line == "" or re.match(r"### psdl: |\| |\|---|Not checked:|- |\d+ finding", line), f"a line of its own: {line!r}")
        if line.startswith("|"):
            cells = re.split(r"(?<!\\)(?:\\\\)*\|", line)
            demand(len(cells) == 7, f"{len(cells) - 2} cells: {line!r}")
        demand(not re.search(r"<(?!!-- -->)", line), f"HTML: {line!r}")
        demand(not re.search(r"(?<!\\)[`\[\]]|(?<!\\)://|@\w", line), f"markup: {line!r}")


POLICY_REPORT = {
    "type": "object",
    "required": ["apiVersion", "kind", "metadata", "summary", "results"],
    "additionalProperties": False,
    "properties": {
        "apiVersion": {"const": "wgpolicyk8s.io/v1alpha2"},
        "kind": {"const": "PolicyReport"},
        "metadata": {"type": "object", "required": ["name"]},
        "summary": {"type": "object", "required": ["pass", "fail", "warn", "error", "skip"], "additionalProperties": {"type": "integer"}},
        "results": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["policy", "result"],
                "additionalProperties": False,
                "properties": {
                    "source": {"const": "psdl"},
                    "policy": {"type": "string"},
                    "rule": {"type": "string"},
                    "category": {"type": "string"},
                    "severity": {"enum": ["critical", "high", "medium", "low", "info"]},
                    "result": {"enum": ["pass", "fail", "warn", "error", "skip"]},
                    "scored": {"type": "boolean"},
                    "resources": {"type": "array", "items": {"type": "object", "additionalProperties": {"type": "string"}}},
                    "message": {"type": "string"},
                    "properties": {"type": "object", "additionalProperties": {"type": "string"}},
                    "timestamp": {"type": "object", "required": ["seconds", "nanos"], "additionalProperties": {"type": "integer"}},
                },
            },
        },
    },
}


def check_policyreport(text, _):
    for report in yaml.safe_load_all(text):
        jsonschema.validate(report, POLICY_REPORT)
        results = [result["result"] for result in report["results"]]
        for key in ("fail", "warn", "error"):
            demand(report["summary"][key] == results.count(key), f"the summary counts other results of {key}")


class Page(html.parser.HTMLParser):
    """What a page is made of."""

    VOID = {"meta", "rect"}
    TAGS = set("html head meta title style body h1 h2 h3 p svg text rect form label select option output article span pre mark details summary ul li footer script".split())
    ATTRIBUTES = set(
        "lang charset http-equiv content name class role aria-label viewbox width height x y rx text-anchor id hidden value data-rule data-namespace data-severity".split()
    )

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.texts, self.policy, self.articles = [], {"style": [], "script": []}, "", 0

    def handle_starttag(self, tag, attrs):
        demand(tag in self.TAGS, f"an element that is not ours: {tag}")
        for name, value in attrs:
            demand(name in self.ATTRIBUTES, f"an attribute that is not ours: {name} of {tag}")
            demand(name != "http-equiv" or value == "Content-Security-Policy", f"{name}={value}")
        if ("http-equiv", "Content-Security-Policy") in attrs:
            self.policy = dict(attrs)["content"]
        self.articles += tag == "article"
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        demand(tag in self.VOID, f"{tag} closes itself")
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag):
        demand(self.open and self.open.pop() == tag, f"{tag} is closed where another is open")

    def handle_comment(self, data):
        raise Refused(f"a comment: {data!r}")

    def handle_data(self, data):
        if self.open and self.open[-1] in self.texts:
            self.texts[self.open[-1]].append(data)


def check_html(text, reports):
    page = Page()
    page.feed(text)
    page.close()
    demand(page.open == [], f"still open: {page.open}")
    demand("default-src 'none'" in page.policy, "no policy")
    for tag, parts in page.texts.items():
        digest = base64.b64encode(hashlib.sha256("".join(parts).encode()).digest()).decode()
        demand(f"{tag}-src 'sha256-{digest}'" in page.policy, f"the policy must name sha256-{digest} for the {tag}")
    shown = parse_json(reports["json"])["findings"]
    demand(page.articles in (len(shown), sum(one["suppressed"] is None for one in shown)), f"{page.articles} findings on the page, {len(shown)} in json")
    if not browser.find():
        not_run.append("the page in a browser (chromium is not installed)")
        return
    problem = browser.try_filters(text)
    demand(problem is None, problem)


READERS = {name: globals()[f"check_{name}"] for name in FORMATS}


def check(where, reports):
    failures = 0
    for name in FORMATS:
        try:
            demand(name in reports, "there is no such report")
            text = reports[name]
            check_harmless(name, text)
            READERS[name](text, reports)
        except (Refused, ValueError, KeyError, yaml.YAMLError, jsonschema.ValidationError, ElementTree.ParseError) as why:
            failures += 1
            print(f"{where}/{name}: {type(why).__name__}: {why}")
    return failures


def reports_of_folder(folder):
    return {path.stem: path.read_bytes().decode("utf-8") for path in sorted(folder.glob("*.out"))}


def reports_of_binary(binary, rule, manifest):
    with tempfile.TemporaryDirectory() as folder:
        outputs = [word for name in FORMATS for word in ("-o", f"{name}={folder}/{name}.out")]
        subprocess.run([binary.resolve(), "eval", *outputs, rule.name, manifest.name], cwd=rule.resolve().parent, capture_output=True, timeout=60, check=False)
        return reports_of_folder(pathlib.Path(folder))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("folders", nargs="*", type=pathlib.Path)
    parser.add_argument("--binary", type=pathlib.Path)
    parser.add_argument("--rule", type=pathlib.Path)
    parser.add_argument("--manifest", type=pathlib.Path)
    options = parser.parse_args()
    runs = {folder.name: reports_of_folder(folder) for folder in options.folders}
    if options.binary:
        runs[options.rule.name] = reports_of_binary(options.binary, options.rule, options.manifest)
    failures = sum(check(where, reports) for where, reports in runs.items())
    for what in sorted(set(not_run)):
        print(f"not run: {what}")
    print(f"{sum(map(len, runs.values()))} reports, {failures} refused")
    return 1 if failures or not runs else 0


if __name__ == "__main__":
    sys.exit(main())
