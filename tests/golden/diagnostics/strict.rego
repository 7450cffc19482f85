package demo.strict

import data.never.used  # error: import data.never.used unused

import input.kind

assigned if {
	x := kind  # error: assigned var x unused
}

argument(a, b) := b  # error: unused argument a
