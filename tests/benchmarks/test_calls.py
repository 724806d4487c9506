"""The calls of a scheduled pass: the promise that no change may break unseen. Times are measured, not tested."""

from __future__ import annotations

import pytest

from tests.benchmarks import passes

COUNT = 200


@pytest.fixture(scope="module")
def counted() -> passes.Counted:
    return passes.counted(COUNT)


def test_a_graded_return_costs_one_write_and_shares_its_reads(counted: passes.Counted) -> None:
    calls = counted.graded
    assert calls["writes"] == COUNT
    assert calls["reads"] <= passes.READS * COUNT
    assert calls["zigzag"] <= passes.ZIGZAG * COUNT
    assert (calls["memos"], calls["tokens"]) == (COUNT, 1)


def test_an_unchanged_return_costs_no_write(counted: passes.Counted) -> None:
    calls = counted.unchanged
    assert calls["writes"] == 0
    assert calls["reads"] <= passes.READS * COUNT
    assert calls["zigzag"] <= passes.ZIGZAG * COUNT
