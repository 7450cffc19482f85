package demo.safety

negated if not input.users[user].admin  # error: var user is unsafe

compared if input.count > limit  # error: var limit is unsafe

head contains message if input.ok  # error: var message is unsafe

closed := [x | y > 1]  # error: var x is unsafe

quantified if {
	every port in ports { port > 0 }  # error: var ports is unsafe
}

# In any order: each literal runs once its variables are bound.
reordered if {
	total > 3
	total := count(names)
	names := [name | some name in input.names]
}

output if {
	split(input.image, "/", parts)
	parts[0] == "registry"
}
