"""The console on fixtures: no server is needed. The program is tests/screens/screens below HEADGATE_BUILD (build/)."""

import os
import sys

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)


@pytest.fixture(scope="session")
def screens():
    build = os.environ.get("HEADGATE_BUILD") or os.path.join(os.path.dirname(os.path.dirname(HERE)), "build")
    path = os.path.join(os.path.abspath(build), "tests", "screens", "screens")
    assert os.access(path, os.X_OK), f"{path} is not built: make"
    return path
