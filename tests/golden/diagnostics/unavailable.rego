package demo.unavailable

answer := http.send({"method": "get", "url": "http://localhost"})  # error: builtin `http.send` is not available
