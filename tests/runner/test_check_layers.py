"""Tests that scripts/check_layers finds what it is there to find.

In: nothing; small trees in a temporary folder. Out: unittest's verdict.
"""

import pathlib
import subprocess
import sys
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "scripts/check_layers"
GOOD = {
    "src/base/arena.hpp": "#pragma once\n#include <vector>\n",
    "src/value/value.hpp": '#include "base/arena.hpp"\n#include <fmt/format.h>\n',
    "src/value/CMakeLists.txt": "psdl_layer(value DEPENDS base LIBRARIES third_party::fmt)\n",
    "src/vm/machine.cpp": '#include "value/value.hpp"\n',
    "src/codec/json.cpp": "#include <simdjson.h>\n",
    "src/syntax/parse.cpp": '#include "grammar/rego.hpp"\n',
    "grammar/rego.hpp": "#include <tao/pegtl.hpp>\n",
    "include/psdl/psdl.hpp": "#include <string>\n",
    "src/cli/main.cpp": '#include "psdl/psdl.hpp"\n#include <CLI/CLI.hpp>\n',
}


class CheckLayers(unittest.TestCase):
    def run_on(self, **changes):
        with tempfile.TemporaryDirectory() as folder:
            for name, text in {**GOOD, **changes.get("files", {})}.items():
                path = pathlib.Path(folder, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            return subprocess.run([sys.executable, SCRIPT, folder], capture_output=True, text=True)

    def finds(self, name, text, reason):
        run = self.run_on(files={name: text})
        self.assertEqual(run.returncode, 1, run.stdout)
        self.assertIn(reason, run.stdout)
        self.assertIn(name, run.stdout)

    def test_a_good_tree(self):
        run = self.run_on()
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)

    def test_upward_include(self):
        self.finds("src/value/order.cpp", '#include "vm/machine.cpp"\n', "value may not include vm")

    def test_sideways_include(self):
        self.finds("src/bytecode/a.cpp", '#include "codec/json.cpp"\n', "bytecode may not include codec")

    def test_library_in_the_wrong_layer(self):
        self.finds("src/vm/a.cpp", "#include <re2/re2.h>\n", "RE2 is seen by")

    def test_library_in_a_header(self):
        self.finds("src/codec/json.hpp", "#include <simdjson.h>\n", "may not stand in a header")

    def test_unknown_library(self):
        self.finds("src/vm/b.cpp", "#include <curl/curl.h>\n", "no library of the map")

    def test_the_command_line_sees_the_public_api_alone(self):
        self.finds("src/cli/eval.cpp", '#include "value/value.hpp"\n', "cli may not include value")

    def test_grammar_stops_at_the_parser(self):
        self.finds("src/syntax/print.cpp", '#include "grammar/rego.hpp"\n', "seen by the parser alone")

    def test_public_headers_show_no_layer(self):
        self.finds("include/psdl/psdl.hpp", '#include "value/value.hpp"\n', "std and psdl/ alone")

    def test_the_build_says_what_the_map_says(self):
        self.finds("src/value/CMakeLists.txt", "psdl_layer(value DEPENDS base codec)\n", "value depends on codec")


if __name__ == "__main__":
    unittest.main()
