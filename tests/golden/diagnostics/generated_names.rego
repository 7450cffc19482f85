package test

p := __local0__ if { x = 1 }  # error: var __local0__ is unsafe
