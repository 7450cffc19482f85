package covered_test

import data.covered

test_pod if covered.deny with input as {"kind": "Pod", "spec": {"hostNetwork": true}}

test_pod_fine if not covered.deny with input as {"kind": "Pod", "name": "x"}

test_config_map if covered.deny with input as {"kind": "ConfigMap"}

test_message if covered.message == "pod" with input.kind as "Pod"

test_parts if {
	covered.parts == {"a", "fixed"} with input as {"containers": [{"image": "a"}, {"image": "internal/b"}, {}]}
}

test_lookup if {
	covered.lookup("a") == 1
	covered.lookup("c") == 3
}

test_walked if count(covered.walked) == 1 with input as {"a": ["x", "y"]}

test_chained if not covered.chained with input as {"a": {"b": {"c": 1}}}

test_any if covered.any_of with input.list as [1, 5, 7]

test_nested if covered.nested == [{"b": 2}] with input.list as [{"a": 1}, {"b": 2}]

test_unreached if not covered.unreached
