"""The code on a printed form: no wrong character and no exchange of two is taken for another code (A22)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common import paper_codes

pytestmark = pytest.mark.guide("A22")
DIGESTS = st.text("0123456789abcdef", min_size=64, max_size=64)
NUMBERS = st.builds("{}-{:06d}".format, st.integers(2000, 2100), st.integers(1, 3_000_000))


@given(NUMBERS, DIGESTS)
def test_a_code_is_read_however_it_is_typed(number: str, digest: str) -> None:
    code = paper_codes.code_for(number, digest)
    for typed in (code, code.lower(), code.replace("-", ""), code.replace("-", " — "), f"　{code}\n"):
        assert paper_codes.parse(typed) == (number, code)


@given(NUMBERS, DIGESTS, st.data())
def test_one_wrong_character_or_an_exchange_is_noticed(number: str, digest: str, data: st.DataObject) -> None:
    typed = list(paper_codes.code_for(number, digest).replace("-", ""))
    place = data.draw(st.integers(0, len(typed) - 2))
    if data.draw(st.booleans()):
        typed[place], typed[place + 1] = typed[place + 1], typed[place]
    else:
        typed[place] = data.draw(st.sampled_from("0123456789" + paper_codes.ALPHABET))
    changed = "".join(typed)
    if changed != paper_codes.code_for(number, digest).replace("-", ""):
        assert paper_codes.parse(changed) is None


@pytest.mark.parametrize(
    "text", ["", "2026-000341", "https://example.com", "2026-000341-OOOO-IIII-L", "9" * 90, "审" * 20]
)
def test_anything_else_is_no_code(text: str) -> None:
    assert paper_codes.parse(text) is None
