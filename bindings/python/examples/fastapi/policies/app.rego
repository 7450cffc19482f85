# METADATA
# description: Who may do what, and which manifests may go in.
package app

import rego.v1

default allow := false

allow if {
	some role in data.roles[input.user]
	{"action": input.action, "resource": input.resource} in data.grants[role]
}

deny contains {"msg": sprintf("image `%s` has no tag", [container.image]), "container": container.name} if {
	some container in input.spec.containers
	not contains(container.image, ":")
}
