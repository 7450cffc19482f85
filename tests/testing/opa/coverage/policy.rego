package covered

import rego.v1

default deny := false

# Never asked for.
never if input.x

deny if {
	input.kind == "Pod"
	input.spec.hostNetwork
}

deny if {
	input.kind == "Service"
	input.spec.type == "LoadBalancer"
}

deny if input.kind in {"Secret", "ConfigMap"}

deny if startswith(input.name, "kube-")

message := "pod" if {
	input.kind == "Pod"
} else := "service" if {
	input.kind == "Service"
} else := sprintf(
	"other: %s",
	[input.kind],
)

parts contains part if {
	some container in input.containers
	part := container.image
	not startswith(part, "internal/")
}

parts contains "fixed"

lookup(kind) := 1 if kind == "a"

lookup(kind) := 2 if kind == "b"

lookup("c") := 3

walked contains path if {
	walk(input, [path, value])
	value == "x"
}

chained if {
	a := input.a
	b := a.b
	b.c == 1
	input.never == 2
	count(b) > 5
}

any_of if {
	some i
	input.list[i] > 3
}

nested := [y |
	some x in input.list
	y := {k: v |
		some k, v in x
		v > 1
	}
	count(y) > 0
]

unreached := x if {
	false
	x := 1
}

templated := $"kind {input.kind} and {input.name}"
