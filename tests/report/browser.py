"""The HTML report at work in headless Chromium, spoken to over pipes (its DevTools protocol, NUL between messages). No network, no package."""

import json
import os
import pathlib
import select
import shutil
import subprocess
import tempfile
import time

TIMEOUT_S = 60

# Chooses each value of each filter; says how many findings are then seen, and how many have that value.
TRY_FILTERS = """(() => {
  const form = document.getElementById("filters");
  const articles = [...document.querySelectorAll("article")];
  const seen = () => articles.filter(one => one.getClientRects().length > 0).length;
  const tried = [];
  for (const select of form.querySelectorAll("select")) {
    for (const option of select.options) {
      select.value = option.value;
      select.dispatchEvent(new Event("change", {bubbles: true}));
      const wanted = articles.filter(one => option.value === "" || one.getAttribute("data-" + select.name) === option.value).length;
      tried.push({filter: select.name, value: option.value, seen: seen(), wanted: wanted, told: document.getElementById("shown").textContent});
    }
    select.value = "";
    select.dispatchEvent(new Event("change", {bubbles: true}));
  }
  return JSON.stringify({visible: form.getClientRects().length > 0, count: articles.length, tried: tried,
                         marks: document.querySelectorAll("mark.primary").length, bars: document.querySelectorAll("svg rect").length});
})()"""


def find():
    return shutil.which("chromium") or shutil.which("chromium-browser")


class Browser:
    """A headless browser; `call` sends a command and waits for its answer."""

    def __init__(self, profile):
        commands, self._write = os.pipe()
        self._read, answers = os.pipe()
        # The browser wants them as descriptors 3 and 4; a shell puts them there.
        line = f'exec "$0" "$@" 3<&{commands} 4>&{answers}'
        flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-dev-shm-usage", "--remote-debugging-pipe", f"--user-data-dir={profile}", "about:blank"]
        self._process = subprocess.Popen(["bash", "-c", line, find(), *flags], pass_fds=(commands, answers), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(commands)
        os.close(answers)
        self._buffer, self._number, self.logged = b"", 0, []

    def _message(self, deadline):
        while b"\0" not in self._buffer:
            if not select.select([self._read], [], [], max(0, deadline - time.monotonic()))[0]:
                raise TimeoutError("the browser does not answer")
            piece = os.read(self._read, 65536)
            if not piece:
                raise TimeoutError("the browser has ended")
            self._buffer += piece
        text, _, self._buffer = self._buffer.partition(b"\0")
        return json.loads(text)

    def call(self, method, session=None, **parameters):
        self._number += 1
        command = {"id": self._number, "method": method, "params": parameters}
        if session:
            command["sessionId"] = session
        os.write(self._write, json.dumps(command).encode() + b"\0")
        deadline = time.monotonic() + TIMEOUT_S
        while True:
            message = self._message(deadline)
            if message.get("id") == self._number:
                if "error" in message:
                    raise ValueError(f"{method}: {message['error']}")
                return message["result"]
            if message.get("method") in ("Log.entryAdded", "Runtime.exceptionThrown", "Page.javascriptDialogOpening", "Network.requestWillBeSent"):
                self.logged.append(message)

    def close(self):
        os.close(self._write)
        os.close(self._read)
        self._process.terminate()
        self._process.wait(TIMEOUT_S)


def page_session(browser):
    target = browser.call("Target.createTarget", url="about:blank")["targetId"]
    session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
    for domain in ("Page", "Log", "Runtime", "Network"):
        browser.call(f"{domain}.enable", session)
    return session


def load(browser, session, path):
    browser.call("Page.navigate", session, url=path.as_uri())
    deadline = time.monotonic() + TIMEOUT_S
    while browser.call("Runtime.evaluate", session, expression="location.protocol + document.readyState")["result"]["value"] != "file:complete":
        if time.monotonic() > deadline:
            raise TimeoutError("the page does not load")
        time.sleep(0.05)


def strange(logged, path):
    """What the page logged, asked for or opened beyond itself."""
    for message in logged:
        if message["method"] == "Network.requestWillBeSent" and message["params"]["request"]["url"] in (path.as_uri(), "about:blank"):
            continue
        yield message


def judge(state):
    if not state["visible"] or not state["tried"]:
        return f"no filters are seen: {state}"
    if state["bars"] == 0 or (state["count"] and state["marks"] == 0):
        return f"no picture, or no marked line: {state}"
    for one in state["tried"]:
        if one["seen"] != one["wanted"] or one["told"] != f"{one['wanted']} of {state['count']} shown":
            return f"a filter that does not filter: {one}"
    return None


def try_filters(text):
    """What is wrong with the page at work; None where nothing is."""
    # A temporary file of Chromium may still be written when the folder goes.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        path = pathlib.Path(folder) / "report.html"
        path.write_text(text, encoding="utf-8")
        browser = Browser(pathlib.Path(folder) / "profile")
        try:
            session = page_session(browser)
            load(browser, session, path)
            answer = browser.call("Runtime.evaluate", session, expression=TRY_FILTERS, returnByValue=True)
            if "value" not in answer["result"]:
                return f"the page fails: {answer}"
            odd = list(strange(browser.logged, path))
            return f"the page does more than it should: {odd[0]}" if odd else judge(json.loads(answer["result"]["value"]))
        except TimeoutError as why:
            return str(why)
        finally:
            browser.close()
