"""Who may do what."""

import pytest
from kazoo.security import make_digest_acl_credential  # type: ignore[import-untyped]

from hikari.tree import acl
from hikari_wire import acl as raw_acl
from hikari_wire import codes

READ, WRITE, ADMIN, ALL = codes.PERM_READ, codes.PERM_WRITE, codes.PERM_ADMIN, codes.PERM_ALL
ANN = (b"digest", acl.digest(b"ann:secret"))
BOB = (b"digest", acl.digest(b"bob:other"))
HERE = (b"ip", b"10.1.2.3")
SIX = (b"ip", b"2001:db8::1")


def raw(*entries: raw_acl.Entry) -> bytes:
    return raw_acl.pack(entries)


def test_a_digest_is_what_clients_make_of_a_password() -> None:
    assert acl.digest(b"ann:secret").decode() == make_digest_acl_credential("ann", "secret")
    assert acl.digest(b"a:b:c").startswith(b"a:")
    assert acl.digest(b"nobody").startswith(b"nobody:")


def test_the_open_acl_asks_nobody() -> None:
    assert acl.may(raw_acl.OPEN, ALL, ())


def test_each_permission_is_its_own() -> None:
    mine = raw((READ | ADMIN, *ANN), (WRITE, b"world", b"anyone"))
    assert acl.may(mine, READ, (HERE, ANN))
    assert acl.may(mine, WRITE, ())
    assert not acl.may(mine, READ, (HERE, BOB))
    assert not acl.may(mine, codes.PERM_DELETE, (ANN,))
    assert acl.may(mine, READ | codes.PERM_DELETE, (ANN,))


def test_the_acl_of_nobody_lets_nobody() -> None:
    assert not acl.may(raw((0, b"world", b"anyone")), ALL, (ANN, HERE))


@pytest.mark.parametrize(
    ("id", "who", "let"),
    [
        (b"10.1.2.3", HERE, True),
        (b"10.1.2.4", HERE, False),
        (b"10.1.0.0/16", HERE, True),
        (b"10.1.9.9/16", HERE, True),
        (b"10.2.0.0/16", HERE, False),
        (b"0.0.0.0/0", HERE, True),
        (b"2001:db8::/32", SIX, True),
        (b"2001:db9::/32", SIX, False),
        (b"::/0", HERE, False),
        (b"0.0.0.0/0", SIX, False),
        (b"0.0.0.0/0", (b"ip", b"nonsense"), False),
        (b"0.0.0.0/0", ANN, False),
        (b"10.1.2.0/23", HERE, True),
        (b"10.1.2.3/+16", HERE, True),
        (b"010.001.2.03", HERE, True),
        (b"2001:0db8:0:0:0:0:0:1", SIX, True),
        (b"2001:DB8::/127", SIX, True),
        (b"2001:db8:0:0:0:0:0:2/127", SIX, False),
        (b"::1", (b"ip", b"0:0:0:0:0:0:0:1"), True),
        (b"::ffff:0:0/96", HERE, False),
        (b"fe80::1", (b"ip", b"fe80::1%eth0"), False),
    ],
)
def test_an_address_matches_by_its_leading_bits(id: bytes, who: acl.Identity, let: bool) -> None:
    assert acl.may(raw((READ, b"ip", id)), READ, (who,)) is let


def test_auth_becomes_everybody_who_was_authenticated_and_needs_one() -> None:
    asked = raw((READ, b"auth", b"ignored"), (ALL, b"world", b"anyone"))
    assert acl.granted(asked, (HERE, ANN, BOB)) == raw(
        (READ, *ANN), (READ, *BOB), (ALL, b"world", b"anyone")
    )
    assert acl.granted(asked, (HERE,)) is None


def test_what_is_given_twice_is_kept_once() -> None:
    twice = raw((READ, *ANN), (WRITE, *BOB), (READ, *ANN))
    assert acl.granted(twice, ()) == raw((READ, *ANN), (WRITE, *BOB))


def test_no_acl_is_not_the_open_acl() -> None:
    assert acl.granted(raw_acl.EMPTY_ACL, (ANN,)) is None
    assert acl.granted(raw_acl.OPEN, ()) == raw_acl.OPEN


@pytest.mark.parametrize(
    ("scheme", "id"),
    [
        (b"world", b"anyone"),
        (b"digest", b"user:hash"),
        (b"digest", b":hash"),
        (b"digest", b"user:hash:"),
        (b"ip", b"1.2.3.4"),
        (b"ip", b"1.2.3.4/0"),
        (b"ip", b"::1/128"),
        (b"ip", b"1:2:3:4:5:6:7:8/0"),
        (b"ip", b"1::"),
        (b"ip", b"-0.+1.2.003"),
    ],
)
def test_a_valid_id_is_kept_as_given(scheme: bytes, id: bytes) -> None:
    assert acl.granted(raw((READ, scheme, id)), ()) == raw((READ, scheme, id))


@pytest.mark.parametrize(
    ("scheme", "id"),
    [
        (b"world", b"everyone"),
        (b"world", b""),
        (b"digest", b"user"),
        (b"digest", b"user:"),
        (b"digest", b""),
        (b"digest", b"a:b:c"),
        (b"ip", b""),
        (b"ip", b"1.2.3"),
        (b"ip", b"1.2.3.256"),
        (b"ip", b"1.2.3.4/"),
        (b"ip", b"1.2.3.4/33"),
        (b"ip", b"1.2.3.4/-1"),
        (b"ip", b"1.2.3.4/255.0.0.0"),
        (b"ip", b"::1/129"),
        (b"ip", b"fe80::1%eth0"),
        (b"ip", b"\xff"),
        (b"ip", b"::ffff:1.2.3.4"),
        (b"ip", b"1:2:3:4:5:6:7"),
        (b"ip", b"1:2:3:4::5:6:7:8"),
        (b"ip", b"1::2::3"),
        (b"ip", b":::"),
        (b"ip", b"12345::"),
        (b"ip", b"1:2:3:4:5:6:7:g"),
        (b"sasl", b"me@REALM"),
        (b"x509", b"CN=me"),
        (b"super", b""),
        (b"", b""),
    ],
)
def test_an_invalid_id_makes_the_whole_acl_invalid(scheme: bytes, id: bytes) -> None:
    assert acl.granted(raw((READ, b"world", b"anyone"), (READ, scheme, id)), (ANN,)) is None


def test_the_superuser_may_do_everything_and_is_nobody_for_auth() -> None:
    nobody = raw((0, b"world", b"anyone"))
    assert acl.may(nobody, ADMIN, (HERE, acl.SUPERUSER))
    assert not acl.may(nobody, ADMIN, (HERE, (b"super", b"me")))
    auth = raw((READ, b"auth", b""))
    assert acl.granted(auth, (HERE, acl.SUPERUSER, ANN)) == raw((READ, *ANN))
    assert acl.granted(auth, (HERE, acl.SUPERUSER)) is None


def test_a_password_that_is_no_text_is_read_as_java_reads_it() -> None:
    assert acl.digest(b"ann:\xff") == acl.digest("ann:\ufffd".encode())


def test_the_hashes_are_kept_from_those_who_only_read() -> None:
    mine = raw((READ, *ANN), (READ, *HERE))
    assert acl.without_hashes(mine) == raw((READ, b"digest", b"ann:x"), (READ, *HERE))
    assert acl.without_hashes(raw_acl.OPEN) == raw_acl.OPEN
