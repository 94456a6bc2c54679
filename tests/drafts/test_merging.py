"""Two windows of one form: what only one of them changed is merged, what both changed is asked, and nothing else happens."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drafts import merging
from drafts.merging import ROWS, Typed

TEXTS = st.sampled_from(["", "甲", "乙", "丙"])
ROW = st.fixed_dictionaries({"place": TEXTS, "subject": TEXTS})
FORM = st.fixed_dictionaries({"school": TEXTS, "bank": TEXTS, ROWS: st.lists(ROW, max_size=3)})


@pytest.mark.guide("A20")
@given(
    base=FORM,
    mine=FORM,
    theirs=FORM,
    chosen=st.dictionaries(st.sampled_from(["school", "bank", ROWS]), st.sampled_from(merging.CHOICES)),
)
def test_no_side_loses_a_field_that_it_alone_has_changed(
    base: dict[str, Typed], mine: dict[str, Typed], theirs: dict[str, Typed], chosen: dict[str, str]
) -> None:
    found = merging.changes(merging.digests(base), mine, theirs)
    result = merging.merged(mine, found, chosen)
    asked = {one.key for one in found if one.asked}
    for key in base:
        if theirs[key] == base[key]:
            assert result[key] == mine[key]
        elif mine[key] == base[key]:
            assert result[key] == theirs[key]
        elif mine[key] == theirs[key]:
            assert key not in asked
            assert result[key] == mine[key]
        else:
            assert key in asked
            if key == ROWS and chosen.get(key) == "both":
                assert all(row in result[key] for row in [*mine[key], *theirs[key]])
            else:
                assert result[key] == (theirs if chosen.get(key) == "theirs" else mine)[key]


@given(mine=FORM, theirs=FORM)
def test_a_page_that_does_not_say_what_it_began_with_overwrites_nothing_unasked(
    mine: dict[str, Typed], theirs: dict[str, Typed]
) -> None:
    found = merging.changes({}, mine, theirs)
    assert {one.key for one in found if one.asked} == {key for key in mine if mine[key] != theirs[key]}
