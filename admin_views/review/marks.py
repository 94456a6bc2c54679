"""Marks on the page of one application (W1): 「标记」 beside each field, experience and paper, and what 「回退」 sends with them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import quote

from flask import abort, get_template_attribute, redirect, request
from flask_babel import gettext
from flask_login import current_user

from admin_views.review.submitted_content import PageSection
from admin_views.site.base import expose
from admin_views.site.page_counts import current_actor
from admin_views.site.wording import place_name, translated
from common.errors import NotPermitted, NotVisible, Unacceptable
from desk import marks
from models import Application, Mark
from workflow.form import answers


class ShownMark(NamedTuple):
    """A mark as a page shows it. `target` is also the id of its place on the page."""

    target: str
    label: str
    note: str
    author: str
    at: datetime | None = None


class MarkRoutes:
    """The route that writes a desk's marks, and what the page of an application shows of them."""

    exposed_routes: tuple[str, ...] = ("mark",)
    get_one: Any
    get_url: Any
    _page: Any

    @expose("/<number>/marks/", methods=("POST",))
    def mark(self, number: str) -> Any:
        """Write or remove the mark of a place. The script gets the place and the list drawn anew."""
        found: Application = self.get_one(number)
        actor = current_user._get_current_object()
        place, note = request.form.get("target", ""), request.form.get("note", "")
        try:
            if request.form.get("do") == "remove":
                marks.remove(found.number, actor, place)
            else:
                marks.put(found.number, actor, place, note)
        except NotVisible:
            abort(404)
        except NotPermitted:
            sentence = gettext("此申请已不在您这里待审核，标记没有保存。")
            return self._not_marked(found, place, note, sentence, HTTPStatus.CONFLICT)
        except Unacceptable as refusal:
            sentence = translated(refusal.sentence.text, refusal.sentence.words)
            return self._not_marked(found, place, note, sentence, HTTPStatus.UNPROCESSABLE_ENTITY)
        if _wants_json():
            return self._drawn_anew(found, place)
        url = self.get_url(".application", number=number)
        return redirect(f"{url}#{quote(place, safe=':')}", HTTPStatus.SEE_OTHER)

    def _not_marked(
        self, found: Application, place: str, note: str, sentence: str, status: HTTPStatus
    ) -> Any:
        """Answer with the reason; what was typed stays in its field."""
        if _wants_json():
            return {"failed": sentence}, status
        return self._page(found, status, mark_refused={"target": place, "note": note, "sentence": sentence})

    def _drawn_anew(self, found: Application, place: str) -> dict[str, Any]:
        drafts = marks.drafts(found, current_user)
        shown, _gone = _by_place(drafts, answers.snapshot(found)["experiences"])
        url = self.get_url(".application", number=found.number)
        parts = "review/marks.html"
        return {
            "place": get_template_attribute(parts, "place")(url, place, shown.get(place)),
            "list": get_template_attribute(parts, "going_out")(list(shown.values())),
            "dropped": get_template_attribute(parts, "dropped")(len(shown)),
            "count": len(shown),
            "said": gettext("标记已保存。") if place in shown else gettext("标记已删除。"),
        }

    def mark_values(
        self, found: Application, sections: Sequence[PageSection], refused: Mapping[str, str] | None
    ) -> dict[str, Any]:
        """Return what the page needs to show the desk's marks and the field for one more."""
        actor, _shape = current_actor()
        can_mark = "mark" in self.exposed_routes and marks.waits_for(found, actor)
        drafts = marks.drafts(found, actor) if can_mark else ()
        rows = [line.row for part in sections for line in part.experiences if line.difference != "removed"]
        shown, gone = _by_place(drafts, rows)
        asked = refused or {"target": request.args.get("mark", ""), "note": "", "sentence": ""}
        return {
            "can_mark": can_mark,
            "marks": shown,
            "marks_gone": gone,
            "marking": asked["target"] if can_mark else "",
            "mark_typed": asked["note"],
            "mark_refused": asked["sentence"],
        }


def _by_place(
    drafts: Sequence[Mark], rows: Sequence[Mapping[str, Any]]
) -> tuple[dict[str, ShownMark], list[ShownMark]]:
    """Return a desk's marks by their places, and those whose experience is not there any more."""
    shown: dict[str, ShownMark] = {}
    gone = []
    for draft in drafts:
        place = marks.present_target(draft, rows)
        if place is None:
            gone.append(_shown(draft, draft.target))
        elif place in shown:
            shown[place] = replace(shown[place], note=f"{shown[place].note}\n{draft.note}")
        else:
            shown[place] = _shown(draft, place)
    return shown, gone


def _shown(mark: Mark, place: str) -> ShownMark:
    return ShownMark(place, place_name(mark.content), mark.note, mark.author_name, mark.at)


def _wants_json() -> bool:
    return request.accept_mimetypes.best == "application/json"
