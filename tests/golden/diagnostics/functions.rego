package demo.functions

double(x) := x * 2

unknown if startwith(input.image, "reg/")  # error: undefined function startwith

few := double()  # error: function data.demo.functions.double has arity 1, got 0 arguments

many := double(1, 2, 3)  # error: function data.demo.functions.double has arity 1, got 3 arguments

builtin := count(1, 2, 3)  # error: count: arity mismatch

nested := [y | y := double(unknown_too(input.x))]  # error: undefined function unknown_too
