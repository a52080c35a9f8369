"""A process lives while each of its loops gets something done, or waits as it should."""

from __future__ import annotations

from infra.beats import STANDS_AFTER_S, Beats


async def test_a_step_and_a_wait_that_ended_are_signs_of_life() -> None:
    beats = Beats()
    beat = beats.start("clock")
    waited: list[float] = []

    async def wait(limit_s: float) -> None:
        waited.append(limit_s)

    beat.last -= STANDS_AFTER_S + 1
    assert beats.problem() is not None
    await beat.at("committed")
    assert beats.problem() is None
    beat.last -= STANDS_AFTER_S + 1
    await beat.after(wait)(1.0)
    assert beats.problem() is None
    assert waited == [1.0]


def test_the_loop_that_stands_is_named_and_the_others_are_not() -> None:
    beats = Beats()
    beats.start("relay")
    stuck = beats.start("anchoring")
    stuck.last -= STANDS_AFTER_S + 10
    said = beats.problem()
    assert said is not None
    assert said.startswith("anchoring has got nothing done for 13")
    assert "relay" not in said


def test_how_long_each_loop_has_been_idle_is_measured() -> None:
    beats = Beats()
    beats.start("relay").last -= 30
    (family,) = beats.measure()
    (sample,) = family.samples
    assert sample.labels == {"loop": "relay"}
    assert 30 <= sample.value < 60
