package basics

import data.settings

default allow := false

allow if input.user == "admin"

allow if {
	some group in input.groups
	group in settings.trusted
}

level := "high" if {
	input.score > 90
} else := "middle" if {
	input.score > 50
} else := "low"

names contains name if {
	some user in input.users
	name := user.name
}

by_id[user.id] := user.name if some user in input.users

upper_names := [upper(name) | some name in names]

all_adults if {
	every user in input.users {
		user.age >= 18
	}
}

greet(name) := concat(" ", ["hello", name])

kind("a") := "first"

kind("b") := "second"

is_long(text) if count(text) > 10

unused(x) := y if {
	y := x * 2
	y > 3
}

not_there if {
	not input.missing
	not input.a.b.c == 3
}

multi_line if {
	object.get(
		input,
		["a", "b"],
		"none",
	) == "none"
	count([x |
		some x in [1, 2, 3]
		x > 1
	]) == 2
}
