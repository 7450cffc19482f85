package demo.heads

# A head is judged before any body: its variables must be bound by the body.
message contains text if input.ok  # error: var text is unsafe

value := x if input.ok  # error: var x is unsafe

key[k] := 1 if input.ok  # error: var k is unsafe

argument(x) := x

bound contains text if text := input.text
