package a

import rego.v2

p := $"n is {input.n}" if (input.a or input.b) and not { input.c; input.d == `raw` }
