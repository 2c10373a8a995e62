"""How samples are taken, against a clock that only moves when somebody works."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archspec.bench import memory
from archspec.bench.measure import LEAST_ROUNDS, Warmed, rounds, speed, warm


class Bench:
    """A clock, and work that takes its time on it."""

    def __init__(self) -> None:
        self.now = 0.0
        self.log: list[str] = []

    def clock(self) -> float:
        return self.now

    def work(self, name: str, seconds: float, slowdown: Callable[[], float] = lambda: 1.0) -> Callable[[], None]:
        def run() -> None:
            self.now += seconds * slowdown()
            self.log.append(name)

        return run


def test_a_short_run_is_called_often_enough_for_a_sample() -> None:
    bench = Bench()
    assert warm(bench.work("a", 0.001), 2.0, bench.clock).calls == 100  # a tenth of a second
    assert warm(bench.work("a", 0.5), 2.0, bench.clock).calls == 1
    assert warm(bench.work("a", 0.001), 0.1, bench.clock).calls == pytest.approx(5, abs=1)  # all have 0.1 s together


def test_the_first_call_of_a_warm_up_does_not_count() -> None:
    bench = Bench()
    slow = iter([30.0, 1.0, 1.0])
    assert warm(bench.work("a", 0.01, lambda: next(slow)), 2.0, bench.clock).calls == 10


def test_subjects_take_turns_and_every_second_round_goes_backwards() -> None:
    bench = Bench()
    subjects = [Warmed(bench.work(name, 1.0), 1) for name in "abc"]
    found = list(rounds(subjects, 6.0, bench.clock))
    assert "".join(bench.log) == "abc cba abc cba abc cba".replace(" ", "")
    assert found == [(1.0, 1.0, 1.0)] * 6


def test_a_sample_of_several_calls_starts_with_one_that_is_not_timed() -> None:
    bench = Bench()
    (sample, *_) = rounds([Warmed(bench.work("a", 0.25), 4)], 1.0, bench.clock)
    assert sample == (0.25,)
    assert len(bench.log) == 5 * LEAST_ROUNDS


def test_there_are_enough_rounds_however_slow() -> None:
    bench = Bench()
    assert len(list(rounds([Warmed(bench.work("a", 9.0), 1)], 1.0, bench.clock))) == LEAST_ROUNDS


@given(st.lists(st.floats(0.1, 10), min_size=1, max_size=30), st.floats(0.01, 100), st.floats(0.01, 100))
def test_what_slows_all_subjects_of_a_round_does_not_change_the_quartiles(
    slowdowns: list[float], ours: float, base: float
) -> None:
    low, _, high = speed([ours * one for one in slowdowns], [base * one for one in slowdowns])
    assert low == pytest.approx(base / ours)
    assert high == pytest.approx(base / ours)


def test_the_peak_of_memory_is_what_lives_at_once() -> None:
    import torch

    def run() -> object:
        kept = torch.zeros(1000)  # 4,000 bytes
        kept = kept + torch.zeros(1000)  # two more beside it, for a while
        del kept
        return torch.zeros(500)

    assert memory.peak(run, "cpu") == 12_000
    assert memory.peak(lambda: None, "cpu") is None


def test_measuring_memory_leaves_standard_error_alone(capfd: pytest.CaptureFixture[str]) -> None:
    import sys

    import torch

    memory.peak(lambda: torch.zeros(10), "cpu")
    print("still there", file=sys.stderr)
    assert capfd.readouterr() == ("", "still there\n")
