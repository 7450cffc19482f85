package outcomes_test

test_passes if true

test_fails if 1 == 2

test_undefined if input.nothing

test_false := false

test_string := "text"

test_number := 1

test_set contains 1 if true

test_default := true

default test_value := true

test_value if input.x == 1

todo_later if false

todo_test_more if true

test_twice if true

test_twice if false

test_thrice if 1 == 1

test_thrice if 2 == 1

test_thrice if 3 == 3

test_builtin_error if to_number("x") == 1

test_conflict if conflicting == 1

conflicting := 1

conflicting := 2 if 1 == 1

test_function(x) if x == 1

helper_test if false

a.test_deep if true

a.test_deeper.inner if true

a.b.todo_deep if true

test_else if {
	1 == 2
} else if {
	2 == 2
}

test_every if {
	every x in [1, 2, 3] { x < 3 }
}

test_print if {
	print("value", {"a": 1})
	false
}

test_object := {"a": true}

test_null := null
