// The constant parts of the page. Each hash is of its text's bytes: tests/report/check_reports.py compares them and
// prints what they ought to be.
#pragma once

#include <string_view>

namespace psdl::report {

inline constexpr std::string_view kHtmlStyle = R"css(
:root { color-scheme: light dark; --line: #8884; --bad: #c62828; --fair: #b26a00; --good: #2e7d32; --none: #757575; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h3 { font-size: 1rem; margin: 0; }
svg text { font-size: 13px; fill: currentColor; }
svg { max-width: 100%; height: auto; }
rect.good { fill: var(--good); } rect.fair { fill: var(--fair); } rect.bad { fill: var(--bad); }
rect.none, rect.unknown { fill: var(--none); }
article { border: 1px solid var(--line); border-left: 4px solid var(--none); border-radius: 4px; }
article { padding: .75rem 1rem; margin: 1rem 0; }
article.error { border-left-color: var(--bad); } article.warning { border-left-color: var(--fair); }
.badge { font-size: .75rem; text-transform: uppercase; } .rule { font-family: monospace; }
.place, .suppressed, footer { opacity: .75; margin: .25rem 0; }
pre.code { overflow-x: auto; background: #8881; padding: .5rem; margin: .5rem 0; font-size: 13px; }
.number { display: inline-block; min-width: 3rem; text-align: right; padding-right: .5rem; }
.number { opacity: .6; user-select: none; } .sign { display: inline-block; width: 1rem; user-select: none; }
mark.primary { background: #e5393544; color: inherit; outline: 1px solid var(--bad); }
mark.related { background: #1e88e533; color: inherit; }
.label { opacity: .8; font-style: italic; } .added { color: var(--good); } .removed { color: var(--bad); }
select { max-width: 16rem; } h3, p, li { overflow-wrap: anywhere; }
form { display: flex; flex-wrap: wrap; gap: 1rem; align-items: center; } [hidden] { display: none; }
)css";
inline constexpr std::string_view kHtmlStyleHash = "sha256-YFq7Wzhlc7Ee7N1d6dmZRkA5gnwKGjZOE5xQm40Kfx0=";

// Hides the findings that the filters leave out. Without it all are shown and no filters.
inline constexpr std::string_view kHtmlScript = R"js(
"use strict";
(function () {
  var form = document.getElementById("filters");
  var items = Array.prototype.slice.call(document.querySelectorAll("article"));
  function apply() {
    var shown = items.filter(function (item) {
      var matches = ["rule", "namespace", "severity"].every(function (key) {
        var wanted = form.elements[key].value;
        return wanted === "" || item.getAttribute("data-" + key) === wanted;
      });
      item.hidden = !matches;
      return matches;
    });
    document.getElementById("shown").textContent = shown.length + " of " + items.length + " shown";
  }
  form.hidden = false;
  form.addEventListener("change", apply);
  apply();
})();
)js";
inline constexpr std::string_view kHtmlScriptHash = "sha256-b3Z+4i7KlD1EE4jbxzUCj0+0DSyfiyK3oapR+FuzJpY=";

}  // namespace psdl::report
