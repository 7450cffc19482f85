"""YAML whose scalars mean what they mean in JSON.

In: text of a test file. Out: the trees of numbers_as_text. PyYAML's own loader reads `yes` as true, `1_000` as a number and
`1e3` as a string; a test that says one thing and sends another is worse than none.
"""

import re

import yaml

from .numbers_as_text import Number


class _Loader(yaml.SafeLoader):
    pass


_Loader.yaml_implicit_resolvers = {}
for tag, pattern, first in [
    ("tag:yaml.org,2002:null", r"^(?:~|null|)$", ["~", "n", ""]),
    ("tag:yaml.org,2002:bool", r"^(?:true|false)$", list("tf")),
    ("tag:yaml.org,2002:int", r"^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?$", list("-0123456789")),
]:
    _Loader.add_implicit_resolver(tag, re.compile(pattern), first)


def _mapping(loader, node):
    pairs = []
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise yaml.constructor.ConstructorError(None, None, "a key is a string", key.start_mark)
        if key.value in (name for name, _ in pairs):
            raise yaml.constructor.ConstructorError(None, None, f"key {key.value!r} stands twice", key.start_mark)
        pairs.append((key.value, loader.construct_object(value, deep=True)))
    return dict(pairs)


_Loader.add_constructor("tag:yaml.org,2002:int", lambda loader, node: Number(node.value))
_Loader.add_constructor("tag:yaml.org,2002:bool", lambda loader, node: node.value == "true")
_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)


def read(text):
    """The tree of the one document in the text. Raises yaml.YAMLError."""
    return yaml.load(text, Loader=_Loader)
