"""The decoders of the client port under a fuzzer that sees which code its inputs reach."""

import pytest
from fuzz import corpus, guided
from fuzz.surfaces import Crash

from hikari_wire import framing, jute

SECONDS = 8


@pytest.mark.skipif(bool(guided.missing()), reason=str(guided.missing()))
def test_no_input_that_reaches_new_code_is_more_than_refused():
    figures = guided.run(SECONDS)
    assert figures["inputs"] > 1_000
    assert figures["reached"] > 100


def test_each_seed_reaches_a_decoder_and_does_no_harm():
    at = guided.targets()
    sown = (corpus.REQUESTS, corpus.CONNECTS, corpus.CONNECT_RESPONSES, corpus.REPLIES)
    for number, frames in enumerate(sown):
        for frame in frames:
            guided.one_input(bytes([number]) + frame, at)
    guided.one_input(b"", at)


@pytest.mark.interpreted
def test_a_defect_of_a_decoder_is_seen(monkeypatch):
    path = b"\3" + corpus.REPLIES[0]
    guided.one_input(path, guided.targets())
    monkeypatch.setattr(jute, "_span", lambda buf, at, end: (at, at + 4))
    with pytest.raises((Crash, AssertionError)):
        guided.one_input(path, guided.targets())


@pytest.mark.interpreted
def test_a_stream_that_is_cut_wrong_is_seen(monkeypatch):
    frames = b"\0\0\0\2ab\0\0\0\1c"
    guided.stream(b"\5" + frames)
    guided.stream(b"\5" + frames + b"\xff\xff\xff\xff")
    monkeypatch.setattr(framing.Frames, "_keep", lambda self, rest, wanted: None)
    with pytest.raises(AssertionError):
        guided.stream(b"\5" + frames)
