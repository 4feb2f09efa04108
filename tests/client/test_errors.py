"""Errors have ZooKeeper's names, and can be imported from where the clients are."""

import inspect

import hikari_client
from hikari_client import errors
from hikari_wire import codes

NO_CLASS = {"OK", "SYSTEMERROR", "APIERROR", "INVALIDCALLBACK"}
OTHER_NAME = {"OPERATIONTIMEOUT": "DeadlineExceeded"}  # it is Python's TimeoutError too


def test_every_code_of_the_protocol_has_an_error_of_its_name() -> None:
    for code, name in codes.ERROR_NAMES.items():
        error = errors.error_of(code, "/a")
        assert (error.code, error.path) == (code, "/a")
        if name in NO_CLASS:
            assert str(error) == f"{name}: /a"
        else:
            kind = type(error).__name__
            assert OTHER_NAME.get(name, kind) == kind
            assert kind.upper() == name or name in OTHER_NAME
    assert str(errors.error_of(-999, "/a")) == "error -999: /a"


def test_all_can_be_imported_from_the_top() -> None:
    for name, kind in inspect.getmembers(errors, inspect.isclass):
        if issubclass(kind, errors.ZKError):
            assert getattr(hikari_client, name) is kind
            assert name in hikari_client.__all__
