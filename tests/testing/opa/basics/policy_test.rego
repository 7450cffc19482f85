package basics_test

import data.basics

test_admin if basics.allow with input as {"user": "admin"}

test_group if {
	basics.allow with input as {"user": "x", "groups": ["dev", "ops"]}
}

test_group_by_data if {
	basics.allow with input as {"groups": ["dev"]} with data.settings.trusted as ["dev"]
}

test_nobody if not basics.allow with input as {"user": "x", "groups": ["dev"]}

test_levels if {
	basics.level == "high" with input.score as 91
	basics.level == "middle" with input.score as 51
	basics.level == "low" with input.score as 3
}

users := [{"id": 1, "name": "ann", "age": 30}, {"id": 2, "name": "bo", "age": 40}]

test_names if {
	basics.names == {"ann", "bo"} with input.users as users
	basics.by_id[2] == "bo" with input.users as users
	basics.upper_names == ["ANN", "BO"] with input.users as users
}

test_adults if basics.all_adults with input.users as users

test_minor if not basics.all_adults with input.users as [{"age": 30}, {"age": 17}]

test_functions if {
	basics.greet("you") == "hello you"
	basics.kind("a") == "first"
	not basics.kind("c")
	basics.is_long("0123456789abc")
	not basics.is_long("short")
}

test_mocks if {
	basics.greet("you") == "mocked" with concat as "mocked"
	basics.greet("you") == "three" with basics.greet as "three"
	basics.level == "high" with basics.level as "high"
}

test_not_there if basics.not_there with input as {"a": {"b": {"c": 4}}}

test_multi_line if basics.multi_line with input as {}

test_print if {
	print("seen", input.x)
	basics.greet("x") != ""
}
