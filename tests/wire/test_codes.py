"""The numbers are ZooKeeper's; what can be held against kazoo is."""

from kazoo import exceptions
from kazoo.protocol import serialization

from hikari_wire import codes


def test_opcodes_are_those_that_kazoo_sends():
    sent = {
        "Create": codes.CREATE,
        "Delete": codes.DELETE,
        "Exists": codes.EXISTS,
        "GetData": codes.GET_DATA,
        "SetData": codes.SET_DATA,
        "GetACL": codes.GET_ACL,
        "SetACL": codes.SET_ACL,
        "GetChildren": codes.GET_CHILDREN,
        "Sync": codes.SYNC,
        "Ping": codes.PING,
        "GetChildren2": codes.GET_CHILDREN2,
        "CheckVersion": codes.CHECK,
        "Transaction": codes.MULTI,
        "Create2": codes.CREATE2,
        "Reconfig": codes.RECONFIG,
        "Auth": codes.AUTH,
        "SASL": codes.SASL,
        "Close": codes.CLOSE_SESSION,
    }
    assert {name: getattr(serialization, name).type for name in sent} == sent


def test_every_error_that_kazoo_knows_has_a_name_here():
    assert set(exceptions.EXCEPTIONS) <= set(codes.ERROR_NAMES)


def test_every_code_has_exactly_one_name():
    for names in (codes.OP_NAMES, codes.ERROR_NAMES, codes.EVENT_NAMES, codes.STATE_NAMES):
        assert len(set(names.values())) == len(names)


def test_an_error_name_is_its_constant_without_underscores():
    wrong = [
        name
        for error, name in codes.ERROR_NAMES.items()
        if error not in {getattr(codes, at) for at in dir(codes) if at.replace("_", "") == name}
    ]
    assert not wrong


def test_an_op_name_is_its_constant_in_camel_case():
    wrong = [
        name
        for op, name in codes.OP_NAMES.items()
        if op
        not in {getattr(codes, at) for at in dir(codes) if at.replace("_", "") == name.upper()}
    ]
    assert not wrong


def test_all_permissions_are_the_sum_of_the_single_ones():
    single = (
        codes.PERM_READ,
        codes.PERM_WRITE,
        codes.PERM_CREATE,
        codes.PERM_DELETE,
        codes.PERM_ADMIN,
    )
    assert sum(single) == codes.PERM_ALL
