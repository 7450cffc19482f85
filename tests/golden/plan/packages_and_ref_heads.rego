package shop

import rego.v1

roles[user][role] := true if {
	some user, role in input.grants
}

roles.root.all := true

everything := data.shop.limits

limits.cpu := 2

limits.memory := data.base.memory
