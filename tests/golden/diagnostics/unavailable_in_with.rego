package test

clock if time.now_ns() == 1 with time.now_ns as opa.runtime  # error: builtin `opa.runtime` is not available: it reaches outside the evaluation, which PSDL does not do
