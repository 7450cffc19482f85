package demo.conflicts  # error: multiple default rules data.demo.conflicts.level found at

mixed contains 1  # error: conflicting rules data.demo.conflicts.mixed found

mixed := 2

arity(x) := x  # error: conflicting rules data.demo.conflicts.arity found

arity(x, y) := x + y

default level := 1

default level := 2

outer := {"inner": 1}  # error: rule data.demo.conflicts.outer conflicts with:

outer.inner := 2

# Rules that share a path by design.
names contains "a"

names contains "b"

labels[key] := value if some key, value in input.labels

labels.owner := "nobody"
