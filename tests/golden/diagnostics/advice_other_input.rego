# An input that is no manifest.
package advice.other_input

allow if {
	input.request.kind == "read"
	input.request.method == "GET"
	input.request.resource == "orders"
	input.status == "active"
	input.type == 3
	input.roles[_] == "admin"
}
