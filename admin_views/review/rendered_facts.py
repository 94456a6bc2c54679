"""The fields of an application on a reviewer's page, rendered once for a version and language and then filled in.

Most fields have only their value: for them the macro is cut (admin_views/site/cut_macros.py). The others, with a mark, a contradiction
or another value at the last submission, are rendered each time.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from markupsafe import Markup

from admin_views.review.submitted_content import Fact
from admin_views.site import cut_macros
from admin_views.site.languages import cached_per_language

Macro = Callable[..., Markup]


class FactContext(NamedTuple):
    """What a page shows beside its fields. `here`: its address; `marks`, `contradictions` by target, `disclosed` by key.

    `marking`: the place where the form `mark_form` stands; "" for none. `place`: the macro of a mark.
    """

    here: str
    desk: bool
    shows_all: bool
    disclosed: Mapping[str, str]
    marks: Mapping[str, Any]
    marking: str
    mark_form: str
    contradictions: Mapping[str, Any]
    place: Macro


def rendered_facts(render: Macro, facts: Sequence[Fact], *given: Any) -> Markup:
    """Return these fields as the macro `render` (templates/review/facts.html) renders them; `given` makes a `FactContext`."""
    context = FactContext(*given)
    pieces_of, found = _pieces(render), []
    for fact in facts:
        key, target, label, value, secret, before, note, agreed, aside = fact
        shape = key, target, label, secret, agreed, not value, context.desk, context.shows_all
        if (
            before is None
            and not (aside or note or target == context.marking)
            and key not in context.disclosed
            and target not in context.marks
            and target not in context.contradictions
        ):
            found.append(cut_macros.filled(pieces_of(*shape), {"here": context.here, "value": value}))
        else:
            found.append(_rendered(render, shape, fact, context))
    return Markup("\n".join(found))  # noqa: S704 - the macro escapes


@cached_per_language
def _pieces(render: Macro) -> Callable[..., list[str]]:
    return cut_macros.pieces(render, "here", "value")


def _rendered(render: Macro, shape: tuple[Any, ...], fact: Fact, context: FactContext) -> Markup:
    mark = context.marks.get(fact.target)
    return render(
        *shape,
        here=context.here,
        value=fact.value,
        before=fact.before,
        aside=fact.aside,
        note=fact.note,
        disclosed=context.disclosed.get(fact.key),
        mark=context.place(context.here, fact.target, mark) if mark else None,
        mark_form=context.mark_form if fact.target == context.marking else "",
        contradictions=context.contradictions.get(fact.target, ()),
    )
