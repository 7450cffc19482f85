package test

# OPA's safety check lets this through, and its evaluation does not end.
r[k] := v if {
	x = {"a": 1, x: 3}  # error: var x is unsafe
	x[k] = v
}
