"""Results are remembered in bounded memory."""

from camcensus.identify.memo import MOST, Memo


def test_a_full_memo_starts_again() -> None:
    memo: Memo[int, str] = Memo()
    for number in range(MOST):
        assert memo.keep(number, str(number)) == str(number)
    assert (len(memo), memo[0]) == (MOST, "0")
    memo.keep(MOST, "next")
    assert memo == {MOST: "next"}
