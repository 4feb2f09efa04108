"""Sessions that move and end: what the judge must not call wrong."""

import attrs
from testing.tale import ATTACH, PASSWORD, Tale

from hikari.testing.history import Applied
from hikari_wire import codes


def test_a_lone_sign_of_life_may_have_been_lost() -> None:
    tale = Tale()
    tale.create(tale.ann, b"/a", b"1")
    tale.ideal.now += 20
    tale.get(tale.bob, b"/a")
    tale.ideal.now += 3
    tale.create(tale.ann, b"/x")
    tale.expire(tale.bob)
    tale.get(tale.ann, b"/a")
    tale.bob.ended = tale.ideal.moment()
    assert tale.judged() == []


def test_who_was_refused_on_the_connection_that_it_had_before_an_unheard_attachment() -> None:
    """An attachment whose answer was lost took the session away: which of two empty stretches of
    the log was whose is not known, and the kinder reading holds."""
    tale = Tale()
    ann = tale.reconnect(tale.ann)
    tale.ideal.log(0, (ATTACH, ann.session, PASSWORD, 10_000))
    late = tale.create(ann, b"/late")
    log = tale.ideal.applied
    log[-1] = attrs.evolve(log[-1], admitted=False)
    late.error, late.value = codes.SESSION_MOVED, None
    assert tale.judged() == []
    ann = tale.reconnect(ann)
    assert isinstance(log[-1], Applied)
    assert tale.judged() == []
