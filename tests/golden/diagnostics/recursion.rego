package demo.recursion

self if self  # error: rule data.demo.recursion.self is recursive: data.demo.recursion.self -> data.demo.recursion.self

first if second  # error: rule data.demo.recursion.first is recursive

second if not third  # error: rule data.demo.recursion.second is recursive

third if first  # error: rule data.demo.recursion.third is recursive

# A part that can be no other rule of the tree is no recursion.
parts.a := 1

parts.b := parts.a + 1

indirect if {  # error: rule data.demo.recursion.indirect may be recursive
	some name in input.names
	data.demo[name].indirect  # only recursive for one name
}
