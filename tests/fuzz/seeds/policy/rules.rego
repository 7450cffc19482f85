package a.b

import rego.v1

default allow := false

allow if input.user in {"a", "b"}

deny contains msg if {
	some i, c in input.spec.containers
	not startswith(c.image, "r/")
	every p in c.ports { p > 0 }
	msg := sprintf("%v: %d", [c.name, i])
}

f(x) := y if { y := [z | some z in x; z != 1] } else := []

p[k] := v if { some k, v in f(data.x) with input.a as 1 }
