package demo.with

rule := {"a": {"b": 1}}

unknown if input.x with nothing as 1  # error: with keyword target must reference existing input, data, or a function
