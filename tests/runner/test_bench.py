"""Tests of what scripts/bench makes of figures: budgets judged, counts compared, growth fitted. Nothing is measured.

In: nothing; figures made up. Out: unittest's verdict.
"""

import math
import pathlib
import sys
import tempfile
import unittest

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(REPOSITORY / "bench"))

import budgets  # noqa: E402
import counts  # noqa: E402
import growth  # noqa: E402
import processes  # noqa: E402


def line(peer, ns, workload="w", mode="eval", threads=1, allocations=None):
    made = {
        "peer": peer,
        "workload": workload,
        "mode": mode,
        "threads": threads,
        "ns_per_op_min": ns,
        "ns_per_op_median": 2 * ns,
    }
    return made if allocations is None else {**made, "allocs_per_op": allocations}


class Budgets(unittest.TestCase):
    def judge(self, *lines, workload="w", mode="eval"):
        return budgets.workload_row(budgets.Lines(list(lines)), workload, mode)

    def test_held_where_every_ratio_is_reached(self):
        _, judged = self.judge(
            line("psdl", 10, allocations=0),
            line("opa-1.22.2", 200),
            line("regorus-0.14.1", 400),
            line("regorus-0.14.1-rvm", 50),
        )
        self.assertEqual((judged.missed, judged.unjudged), ("", ""))

    def test_the_fastest_regorus_counts(self):
        _, judged = self.judge(
            line("psdl", 10, allocations=0),
            line("opa-1.22.2", 200),
            line("regorus-0.14.1", 400),
            line("regorus-0.14.1-rvm", 49),
        )
        self.assertEqual(judged.missed, "regorus 4.9x, at least 5x")

    def test_a_peer_that_is_not_there_is_said_and_ours_still_shown(self):
        cells, judged = self.judge(line("psdl", 10, allocations=0))
        self.assertEqual((judged.missed, judged.unjudged), ("", "no OPA; no regorus"))
        self.assertIn("10 ns", cells)

    def test_pods_are_judged_beside_kubernetes(self):
        ours, theirs = line("psdl", 500, "compliant", allocations=0), line("psa-0.37.2", 800, "compliant", allocations=5)

        def judge(*lines):
            row = budgets.pod_row(budgets.Lines(list(lines)), "compliant", "eval")
            return row.missed, row.unjudged

        self.assertEqual(judge(ours, theirs), ("", ""))
        self.assertEqual(judge(ours), ("", "no Kubernetes"))
        self.assertEqual(judge(theirs), ("", "no figure"))
        self.assertEqual(
            judge(line("psdl", 1000, "compliant", allocations=2), theirs),
            ("Kubernetes 0.80x, at least 1x; 2 heap allocations; 1 µs", ""),
        )
        self.assertEqual(budgets.Lines([ours, line("psdl", 1)]).workloads(), ["w"])

    def test_workloads_with_budgets_of_their_own(self):
        _, judged = self.judge(
            line("psdl", 10, "tiny", allocations=0),
            line("opa-1.22.2", 200, "tiny"),
            line("regorus-0.14.1", 30, "tiny"),
            workload="tiny",
        )
        self.assertEqual(judged.missed, "")
        _, judged = self.judge(
            line("psdl", 10, "route_index", allocations=0),
            line("opa-1.22.2", 49, "route_index"),
            line("regorus-0.14.1", 50, "route_index"),
            workload="route_index",
        )
        self.assertEqual(judged.missed, "OPA 4.9x, at least 5x")

    def test_allocations(self):
        peers = [line("opa-1.22.2", 2000), line("regorus-0.14.1", 2000)]
        self.assertEqual(self.judge(line("psdl", 10, allocations=1), *peers)[1].missed, "1 heap allocations")
        self.assertEqual(self.judge(line("psdl", 10), *peers)[1].unjudged, "allocations not counted")

    def test_yaml_is_held_to_libyaml_and_its_allocations(self):
        floor = line("floor-libyaml-events", 10, mode="yaml", allocations=800)
        self.assertEqual(self.judge(line("psdl", 20, mode="yaml", allocations=800), floor, mode="yaml")[1].missed, "")
        self.assertEqual(
            self.judge(line("psdl", 21, mode="yaml", allocations=804), floor, mode="yaml")[1].missed,
            "libyaml 2.1x, at most 2x; 4 heap allocations",
        )

    def test_a_wrong_answer_is_missed(self):
        lines = budgets.Lines([{"peer": "psdl", "workload": "w", "unsupported": "wrong result: 1"}])
        rows, judged = budgets.workload_rows(lines)
        self.assertEqual(len(rows), 1)
        self.assertEqual(judged[0].missed, "wrong result: 1")

    def test_rounds_are_joined(self):
        lines = [line("psdl", 10, allocations=0), line("psdl", 8, allocations=2)]
        self.assertEqual(budgets.Lines(lines).time("psdl", "w", "eval"), 8)
        self.assertEqual(budgets.Lines(lines, "median").time("psdl", "w", "eval"), 18)
        self.assertEqual(budgets.Lines(lines).allocations["psdl", "w", "eval", 1], 2)

    def test_threads_by_the_floor_in_the_middle_workload(self):
        def both(workload, two, floor_two):
            return [
                line("psdl", 100, workload, "bytes"),
                line("psdl", two, workload, "bytes", 2),
                line("floor-simdjson-dom", 100, workload, "bytes"),
                line("floor-simdjson-dom", floor_two, workload, "bytes", 2),
            ]

        held = budgets.scaling(budgets.Lines(both("a", 50, 50) + both("b", 90, 50) + both("c", 50, 50)), "bytes")
        self.assertEqual(held.missed, "")
        missed = budgets.scaling(budgets.Lines(both("a", 80, 50)), "bytes")
        self.assertEqual(missed.missed, "62%")
        alone = budgets.scaling(
            budgets.Lines([line("psdl", 100, "a", "bytes"), line("psdl", 50, "a", "bytes", 2)]), "bytes"
        )
        self.assertEqual((alone.missed, alone.unjudged), ("", "no floor-simdjson-dom"))

    def test_whole_process(self):
        held, goal = budgets.process_rows(processes.Run(wall_ms=4, fastest_ms=2.5, processor_ms=2, peak_mb=11))
        self.assertEqual((held.missed, goal.missed), ("", "2.50 ms, 11.0 MB"))
        self.assertEqual(budgets.process_rows(processes.Run(4, 2.5, 2, 11), "median")[0].missed, "4.00 ms")

    def test_data(self):
        row = {"workload": "rbac", "data_text_bytes": 100, "data_bytes": 350}
        self.assertEqual(budgets.data_row(row).missed, "")
        self.assertEqual(budgets.data_row({**row, "data_bytes": 351}).missed, "3.51x")

    def test_streams_are_linear_and_flat(self):
        small = processes.Run(100, 100, 100, 10)
        self.assertEqual(budgets.stream_row("s", 10**8, small, processes.Run(1100, 1100, 1100, 12)).missed, "")
        self.assertEqual(
            budgets.stream_row("s", 10**8, small, processes.Run(2000, 2000, 2000, 90)).missed,
            "2.00x the time a byte, 80 MB more",
        )

    def test_streams_hold_what_they_say(self):
        with tempfile.TemporaryDirectory() as folder:
            for name, file, *texts in budgets.STREAMS:
                path = pathlib.Path(folder, file)
                budgets.write_stream(path, 5_000, *texts)
                text = path.read_text()
                self.assertTrue(5_000 <= len(text) < 6_000, name)
                self.assertIn("shop-0000001", text)
                self.assertNotIn("{{", text)

    def test_the_report_lists_what_is_missed_and_what_is_not_judged(self):
        text, is_missed = budgets.report(budgets.Lines([line("psdl", 10, allocations=1)]), [])
        self.assertTrue(is_missed)
        self.assertIn("- w, eval: 1 heap allocations", text)
        self.assertIn("- w, eval: no OPA; no regorus", text)
        text, is_missed = budgets.report(budgets.Lines([line("psdl", 10, allocations=0)]), [])
        self.assertFalse(is_missed)


class Counts(unittest.TestCase):
    def test_operations_less_what_the_start_costs(self):
        self.assertEqual(processes.per_operation(lambda n: 1_000_000 + 123 * n, 8), 123)

    def test_only_what_moved_both_ways_worst_first(self):
        old = {"a": 1000, "b": 1000, "c": 1000, "d": 1000}
        new = {"a": 1030, "b": 900, "c": 1100, "d": 1000}
        self.assertEqual([change[0] for change in counts.changes(old, new)], ["c", "b"])

    def test_worse_is_what_grew_or_is_gone(self):
        found = counts.changes({"a": 1000, "b": 1000, "c": 10}, {"a": 900, "b": 1100, "d": 5})
        self.assertEqual(
            {change[0]: counts.is_worse(change) for change in found}, {"a": False, "b": True, "c": True, "d": False}
        )
        self.assertEqual([counts.change_row(change)[3] for change in found], ["+10.0%", "-10.0%", "gone", "new"])

    def test_what_valgrind_says_is_not_the_programs_word(self):
        self.assertEqual(processes.last_words("==1== Collected : 5\npsdl: no\n"), "psdl: no")
        self.assertEqual(processes.COLLECTED.search("==1== Collected : 727").group(1), "727")


class Growth(unittest.TestCase):
    SIZES = (1, 10, 100, 1_000, 10_000)

    def verdict(self, cost, sizes=SIZES):
        return growth.verdict(sizes, [round(5_000_000 + cost(n)) for n in sizes])

    def test_what_a_start_costs_does_not_matter(self):
        word, exponent = self.verdict(lambda n: 70_000 * n)
        self.assertEqual(word, "n")
        self.assertAlmostEqual(exponent, 1, places=2)

    def test_n_log_n(self):
        self.assertEqual(self.verdict(lambda n: 20_000 * n * math.log(n + 1))[0], "n log n")

    def test_worse(self):
        self.assertEqual(self.verdict(lambda n: 10_000 * n**1.5)[0], "worse")
        # Linear with a small quadratic part: seen where it counts, at the largest size.
        self.assertEqual(self.verdict(lambda n: 70_000 * n + 40 * n * n)[0], "worse")

    def test_constant(self):
        self.assertEqual(self.verdict(lambda n: n)[0], "constant")

    def test_what_a_limit_holds_may_grow(self):
        counted = [5_000_000 + 10_000 * n * n for n in self.SIZES]
        for held_by, is_bad in (("", True), ("data_nesting", False)):
            row = growth.Row(growth.Series("s", self.SIZES, None, held_by), counted, processes.Run(1, 1, 1, 1))
            self.assertEqual(growth.is_bad(row), is_bad)
            self.assertIn("worse", growth.cells(row)[4])
        self.assertTrue(
            growth.is_bad(
                growth.Row(growth.Series("s", self.SIZES, None, "data_nesting"), [], None, "at 1: no message")
            )
        )

    def test_page(self):
        page = f"a\n{growth.BEGIN}\nold\n{growth.END}\nb\n"
        self.assertEqual(growth.put_into(page, "new"), f"a\n{growth.BEGIN}\n\nnew\n\n{growth.END}\nb\n")
        with self.assertRaises(ValueError):
            growth.put_into("a\n", "new")

    def test_each_series_writes_what_it_names(self):
        for series in growth.SERIES:
            with self.subTest(series.name), tempfile.TemporaryDirectory() as folder:
                words = series.make(pathlib.Path(folder), series.sizes[1])
                self.assertIn(words[0], ("eval", "check", "scan"))
                self.assertTrue(all(path.exists() for path in words if isinstance(path, pathlib.Path)))

    def test_names_are_unique_and_steps_even(self):
        names = [series.name for series in growth.SERIES]
        self.assertEqual(len(names), len(set(names)))
        for series in growth.SERIES:
            ratios = {after / before for before, after in zip(series.sizes, series.sizes[1:])}
            self.assertEqual(len(ratios), 1, series.name)


if __name__ == "__main__":
    unittest.main()
