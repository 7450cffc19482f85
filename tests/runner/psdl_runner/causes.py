"""Why cases fail, in a few words each, so that misses can be counted by cause.

In: a case and the reason of its failure. Out: the cause: a builtin that PSDL leaves out, or what kind of difference it is.
"""

import re

# Builtins that are left out, by family. A case that calls one and fails is put down to it, whatever it said.
LEFT_OUT = re.compile(
    r"(?<![.\w])(io\.jwt|crypto\.x509|crypto\.parse_private_keys|graphql|json\.match_schema|json\.verify_schema|providers\.aws|uri(?=\.(?:parse|is_valid)\b)"
    r"|rego\.metadata|rego\.parse_module|strings\.render_template|http\.send|net\.lookup_ip_addr|opa\.runtime)(?=[.(\s]|$)"
)


def cause(case, reason):
    texts = [case.request.get("query", ""), *case.request.get("modules", {}).values()]
    if case.request["verb"] == "eval":
        for text in texts:
            if found := LEFT_OUT.search(re.sub(r"(?m)^\s*#.*$", "", text)):
                return f"builtin left out: {found[1]}"
    if found := re.match(r"(crash|timeout|bad answer)", reason):
        return found[1]
    if found := re.match(r"unexpected error: (?:[^ ]*:\d+(?::\d+)?: )?(\w+): (.*)", reason):
        return f"unexpected {found[1]}: {_words(found[2])}"
    if found := re.match(r"tree differs at (\S*)", reason):
        # The last name of the path: where in the tree does not matter, which field does.
        names = re.findall(r"/([a-z_]+)", found[1])
        return f"tree differs in {names[-1] if names else 'the top'}"
    if found := re.match(r"want a tree, got \S*?:\d+:\d+: (\w*): (.*)", reason):
        return f"unexpected {found[1]}: {_words(found[2])}"
    if reason.startswith("want error"):
        return "no error where one is wanted"
    if found := re.match(r"want code (\w+), got (?:\S+: )?(\w+): ", reason):
        return f"{found[2]} where {found[1]} is wanted"
    if reason.startswith("want no errors"):
        found = re.search(r"got \S*?:\d+:\d+: (\w*): ([^;]*)", reason)
        return f"unexpected {found[1]}: {_words(found[2])}" if found else "unexpected error"
    if found := re.match(r"want \S*?:\d+:\d+: (\w*): ([^;]*?)(?:; |, got )", reason):
        return f"other errors than {found[1]}: {_words(found[2])}"
    return "other result" if reason.startswith("want [") else "other error text"


def _words(message):
    """The message without what names a single case: quoted texts, names, numbers."""
    message = re.sub(r"`[^`]*`|\"[^\"]*\"|'[^']*'", "..", message)
    message = re.sub(r"\b(var|function|ref|rule|import|to|keyword) [\w.$\[\]]+", r"\1 ..", message)
    return re.sub(r"\d+", "N", message)[:60]
