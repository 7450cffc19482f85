package demo.safety

negated if not input.users[user].admin  # error: var user is unsafe

compared if input.count > limit  # error: var limit is unsafe

closed := [x | y > 1]  # error: var x is unsafe  # error: var y is unsafe

quantified if {
	every port in ports { port > 0 }  # error: var ports is unsafe
}

# In any order: each literal runs once its variables are bound.
reordered if {
	total > 3
	total = count(names)
	names = [name | some name in input.names]
}

output if {
	split(input.image, "/", parts)
	parts[0] == "registry"
}
