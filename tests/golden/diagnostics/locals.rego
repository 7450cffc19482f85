package demo.locals

twice if {
	x := 1
	x := 2  # error: var x assigned above
	x > 0
}

late if {
	input.y == y
	y := 3  # error: var y referenced above
}

constant if {
	"a" := input.a  # error: cannot assign to string
}

argument(a) if {
	a := 1  # error: arg a redeclared
}

negated if {
	not z := 1  # error: cannot assign vars inside negated expression
}

unused if {
	some item  # error: declared var item unused
	input.b
}

domain if {
	some xs in xs  # error: var xs assigned before
}
