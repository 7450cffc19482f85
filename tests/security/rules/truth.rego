package table

holds contains "x" if input.x
holds contains "not x" if not input.x
holds contains "x == false" if input.x == false
holds contains "x != false" if input.x != false
holds contains "x == null" if input.x == null
holds contains "x != null" if input.x != null
holds contains "x == x" if input.x == input.x
holds contains "x != x" if input.x != input.x
holds contains "x == missing" if input.x == input.missing
holds contains "x != missing" if input.x != input.missing
holds contains "not x == false" if not input.x == false
holds contains "not x != false" if not input.x != false
holds contains "not x == null" if not input.x == null
holds contains "not x == missing" if not input.x == input.missing
holds contains "x == empty" if input.x in {[], {}, ""}
holds contains "x = value" if {
	some value
	input.x = value
}
holds contains "every true" if {
	every y in input.x { y }
}
holds contains "every false" if {
	every y in input.x { y == false }
}
holds contains "every not" if {
	every y in input.x { not y }
}
holds contains "every of two" if {
	every k, y in input.x { y != k }
}
every_true if {
	every y in input.x { y }
}
holds contains "not every true" if not every_true
holds contains "some" if {
	some y in input.x
}
holds contains "some true" if {
	some y in input.x
	y
}
holds contains "some false" if {
	some y in input.x
	y == false
}
holds contains "some not" if {
	some y in input.x
	not y
}
holds contains "false in" if false in input.x
holds contains "null in" if null in input.x
holds contains "not false in" if not false in input.x
holds contains "x[_]" if input.x[_]
any_item if input.x[_]
holds contains "not any item" if not any_item
holds contains "empty comprehension" if [y | some y in input.x] == []
holds contains "set of x" if {input.x | input.x} == set()
holds contains "x.a" if input.x.a
holds contains "not x.a" if not input.x.a
holds contains "x.a == false" if input.x.a == false
holds contains "not x.a == false" if not input.x.a == false

word := "first" if {
	input.x
} else := "second" if {
	input.x == false
} else := "third" if {
	not input.x
} else := "fourth"
holds contains sprintf("word %s", [word])

unset := "first" if {
	input.x.a
} else := false if {
	input.x == null
}
holds contains sprintf("unset %v", [unset])
holds contains "not unset" if not unset

default copy := "default"
copy := input.x
holds contains sprintf("copy %v", [copy])

default allow := false
allow if input.x
holds contains "allow" if allow
holds contains "not allow" if not allow
holds contains "allow == false" if allow == false

default off := null
off := false if input.x == false
holds contains sprintf("off %v", [off])

choose(v) := "true" if v
choose(v) := "false" if v == false
holds contains sprintf("choose %s", [choose(input.x)])
holds contains "not choose" if not choose(input.x)

default pick(_) := "other"
pick(v) := "true" if v == true
holds contains sprintf("pick %s", [pick(input.x)])
holds contains "not pick" if not pick(input.x)
