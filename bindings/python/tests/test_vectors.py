"""Every vector of bindings/vectors gives the bytes that stand in its file."""

import pytest

import vectors

ALL = {vector["name"]: vector for file in vectors.load().values() for vector in file["vectors"]}


@pytest.mark.parametrize("name", ALL)
def test_vector(name):
    assert vectors.canonical(vectors.run(ALL[name])) == vectors.canonical(ALL[name])


def test_names_are_unique():
    assert len(ALL) == sum(len(file["vectors"]) for file in vectors.load().values())


def test_there_are_enough():
    assert len(ALL) >= 200
