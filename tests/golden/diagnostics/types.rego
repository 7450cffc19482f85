package demo.types

sum_of_text := sum("abc")  # error: sum: invalid argument(s)

added := 1 + "a"  # error: plus: invalid argument(s)

settings := {"mode": "strict", "ports": [80, 443]}

typo := settings.moed  # error: undefined ref: data.demo.types.settings.moed

index := settings.ports.first  # error: undefined ref: data.demo.types.settings.ports.first

never if settings.mode == 7  # error: match error

function(x) := x + 1

reference := function  # error: function data.demo.types.function used as reference, not called

deprecated if any([true])  # error: deprecated built-in function calls in expression: any

# What may be anything fits everywhere.
free := input.a + input.b

replaced if settings.mode == 7 with data.demo.types.settings as {"mode": 7}
