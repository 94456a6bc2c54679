"""Files keep the material's name at their upload when the material is renamed (D2)."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import flask_migrate
import pytest
from flask import Flask
from sqlalchemy import select

from administration import changes
from app import create_app
from common.errors import ConfirmationRequired
from config import settings
from models import Account, Action, Application, Attachment, Material, State, db, now
from tests import factories
from tests.machine.databases import KINDS, Databases
from tests.machine.secrets import environment
from tests.machine.site import Client


def renamed(material: Material, name: str, by: Account) -> Material:
    def apply(row: Material) -> None:
        row.name = name

    try:
        return changes.change(Material, material.id, by, apply)
    except ConfirmationRequired as question:
        return changes.change(Material, material.id, by, apply, confirmed=question.token)


def texts(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def papers(page: str) -> list[str]:
    """The entries of the list beside the viewer."""
    [listed] = re.findall(r'<ol class="papers-list">(.*?)</ol>', page, re.DOTALL)
    return [
        texts(each).removesuffix(" 标记") for each in re.findall(r"<li[^>]*>(.*?)</li>", listed, re.DOTALL)
    ]


def test_every_page_shows_the_materials_name_at_the_upload(app: Flask, client: Client) -> None:
    with app.app_context():
        everywhere = factories.world()
        at = everywhere.banner
        contract = db.session.scalars(select(Material).where(Material.name == "劳动合同")).one()
        application = factories.application_at(State.ENTERPRISE_REVIEW, at, everywhere)
        number, key, contract_id = application.number, application.id, contract.id
        renamed(contract, "劳动合同（全部页）", everywhere.administrator)
        factories.saved(Material(name="劳动合同", required=False, position=9))
        reviewer_id = at.reviewer.id
        factories.log_in(client, at.reviewer)
    assert papers(client.get(f"/enterprise/{number}/").text) == [
        "1 身份证",
        "2 劳动合同 现名称：劳动合同（全部页）",
        "3 其他材料 未上传",
        "4 劳动合同 未上传",
    ]

    with app.app_context():
        application = db.session.get_one(Application, key)
        reviewer = db.session.get_one(Account, reviewer_id)
        factories.act(application, Action.RETURN, reviewer, factories.REASON)
        factories.upload(application, db.session.get_one(Material, contract_id), display_name="补页.pdf")
        factories.log_in(client, application.applicant)
    slots = texts(client.get(f"/personal/application/{number}/attachments/").text)
    assert "劳动合同（全部页） 已上传 2 个" in slots
    assert slots.count("上传时材料名称为“劳动合同”") == 1
    assert "劳动合同（全部页） 上传时材料名称为“劳动合同”" in texts(
        client.get(f"/personal/application/{number}/submit/").text
    )

    with app.app_context():
        factories.submit(db.session.get_one(Application, key))
    own = papers(client.get(f"/personal/application/{number}/").text)
    assert own[1:3] == ["2 劳动合同 现名称：劳动合同（全部页）", "2 劳动合同（全部页） 新"]


def test_renaming_a_material_shows_the_consequence_and_lists_former_names(app: Flask, client: Client) -> None:
    with app.app_context():
        everywhere = factories.world()
        material = factories.saved(Material(name="社保证明", position=7))
        person = everywhere.administrator
        changes.change(Material, material.id, person, lambda row: setattr(row, "name", "社会保险证明"))
        application = factories.draft(everywhere.banner.enterprise)
        first = factories.upload(application, material)
        with pytest.raises(ConfirmationRequired) as question:
            changes.change(Material, material.id, person, lambda row: setattr(row, "name", "参保证明"))
        [consequence] = question.value.consequences
        assert (consequence.words["former"], consequence.words["name"]) == ("社会保险证明", "参保证明")
        db.session.expire_all()
        renamed(material, "参保证明", person)
        second = factories.upload(application, material)
        renamed(material, "社保证明", person)
        third = factories.upload(application, material)
        db.session.expire_all()
        found = db.session.scalars(
            select(Attachment)
            .where(Attachment.id.in_([first.id, second.id, third.id]))
            .order_by(Attachment.id)
        )
        assert [each.material_name for each in found] == ["社会保险证明", "参保证明", "社保证明"]
        factories.log_in(client, person)
        key = material.id
    beside = texts(client.get(f"/administration/materials/{key}/").text)
    assert re.search("曾用名称 .*参保证明 至 2.* 社会保险证明 至 2.* 社保证明 至 2", beside)


@pytest.mark.parametrize("kind", KINDS)
def test_the_migration_takes_former_names_from_the_audit_trail(
    databases: Databases, tmp_path: Path, kind: str
) -> None:
    url = databases.bare(kind)
    app = create_app(settings(environment(tmp_path, url)))
    with app.app_context():
        flask_migrate.upgrade()
        material, person = factories.saved(Material(name="社保证明")), factories.administrator()
        key = material.id
        for name in ("社会保险证明", "参保证明"):
            renamed(material, name, person)
        noted = [each["name"] for each in material.former_names]
        db.session.remove()
        flask_migrate.downgrade(revision="0016")
        flask_migrate.upgrade()
        again = db.session.get_one(Material, key)
        assert [each["name"] for each in again.former_names] == noted == ["社保证明", "社会保险证明"]
        assert again.name_at(now()) == "参保证明"
        assert again.name_at(now() - timedelta(days=1)) == "社保证明"
        db.session.remove()
        db.engine.dispose()
    databases.drop(url)
