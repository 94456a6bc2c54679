"""Sample materials for applications under review: drawn pages, received in the same way as an applicant's uploads."""

import io
from datetime import timedelta
from functools import cache

from PIL import Image, ImageDraw, ImageFont
from sqlalchemy import func, select
from werkzeug.datastructures import FileStorage

from commands.sample_data.clock import at
from documents import printed_forms
from documents.font_coverage import FONT
from models import Action, Application, Material, Review, db, exclusive
from uploads.attachments import attach
from uploads.receive import Received, receive
from workflow.routing import REVIEW_STEPS

MOST = 30
"""Number of applications that get materials, those that wait longest. Each takes a quarter of a second."""

PAGE = (827, 1169)
"""A4 at 100 pixels an inch."""

FIRST_LINE, LINE, LARGE, SMALL = 200, 64, 44, 26
FOOTNOTE = "示例材料，没有效力"  # stays Chinese
BEFORE_SUBMITTING = timedelta(minutes=10)


def fill() -> None:
    """Give each required material of the applications that wait longest a file, uploaded before their first submission."""
    submissions = (Review.application_id == Application.id, Review.action == Action.SUBMIT)
    first_submitted_at = select(func.min(Review.at)).where(*submissions).scalar_subquery()
    waiting = select(Application, first_submitted_at).where(Application.state.in_(REVIEW_STEPS))
    required = select(Material).where(Material.required, Material.active).order_by(Material.position)
    materials = db.session.scalars(required).all()
    rows = db.session.execute(waiting.order_by(Application.arrived_at).limit(MOST)).all()
    for application, submitted_at in rows:
        with at(submitted_at - BEFORE_SUBMITTING):
            received = [(material.id, _received(application, material)) for material in materials]
            with exclusive():
                for material_id, file in received:
                    attach(application, material_id, file).submitted_round = 1


def _received(application: Application, material: Material) -> Received:
    if not material.printed_form:
        page = FileStorage(io.BytesIO(_page(application, material)), filename=f"{material.name}.jpg")
        return receive(page, small_picture=True)
    printed = printed_forms.print_form(application)
    document = FileStorage(io.BytesIO(printed.document.pdf), filename=printed.name)
    return receive(document, small_picture=True)._replace(form_code=printed.code)


def _page(application: Application, material: Material) -> bytes:
    """Return a JPEG with the names of material, applicant and employer, and the number: no two files are equal."""
    employer = application.submitted_enterprise
    lines = (material.name, application.name, employer.name if employer else "", application.number)
    page = Image.new("RGB", PAGE, "white")
    pen = ImageDraw.Draw(page)
    width, height = PAGE
    pen.rectangle((30, 30, width - 30, height - 30), outline="gray", width=3)
    for index, line in enumerate(lines):
        size = SMALL if index else LARGE
        pen.text((100, FIRST_LINE + index * LINE), line, "black", _font(size))
    pen.ellipse((width - 330, height - 330, width - 110, height - 110), outline="firebrick", width=5)
    pen.text((100, height - 130), FOOTNOTE, "gray", _font(SMALL))
    out = io.BytesIO()
    page.save(out, "JPEG", quality=80)
    return out.getvalue()


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(FONT, size)
