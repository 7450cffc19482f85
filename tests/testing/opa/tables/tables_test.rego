package tables_test

import data.tables

test_concat[tc.note] if {
	some tc in [
		{"note": "empty + empty", "a": [], "b": [], "exp": []},
		{"note": "one + empty", "a": ["x"], "b": [], "exp": ["x"]},
		{"note": "wrong", "a": ["x"], "b": ["y"], "exp": ["x"]},
	]
	act := array.concat(tc.a, tc.b)
	act == tc.exp
}

test_sum[note] if {
	some note, tc in {
		"small": {"args": [1, 2], "want": 3},
		"large": {"args": [1000, 1], "want": 1001},
	}
	tables.add(tc.args) == tc.want
}

test_nested[group][note] if {
	some group, cases in {"a": {"one": 1, "two": 2}, "b": {"three": 4}}
	some note, value in cases
	value < 3
}

test_numbers[i] if {
	some i in [1, 2, 3]
	i < 3
}

test_values[name] := ok if {
	some name, value in {"yes": 1, "no": 2}
	ok := value == 1
}

test_no_cases[note] if {
	some note in []
	true
}

test_late_name[name] if {
	some n in [1, 2]
	m := n * 2
	m < 4
	name := sprintf("case %d", [n])
}
