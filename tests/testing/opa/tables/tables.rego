package tables

add(numbers) := total if {
	total := sum(numbers)
}
