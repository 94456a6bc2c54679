"""The migrations create exactly the schema of the models, and can be reverted."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import flask_migrate
import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, select, text
from sqlalchemy.exc import IntegrityError

from app import create_app
from common.calendar import local_date
from config import settings
from desk import corrections, extension, taking_back
from models import (
    Account,
    Action,
    Application,
    Channel,
    Delivery,
    Enterprise,
    Message,
    MessageReading,
    Period,
    State,
    db,
    now,
)
from models.applications import tail_digest
from models.search import contains
from tests import factories
from tests.machine.databases import KINDS, Databases
from tests.machine.secrets import environment
from workflow.decision import Decision

POSTGRESQL_CONSTRAINTS = """
    SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2
"""
POSTGRESQL_INDEXES = (
    "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1, 2"
)
SQLITE_INDEXES_AND_TRIGGERS = """
    SELECT tbl_name, name, sql FROM sqlite_master WHERE type IN ('index', 'trigger') AND sql IS NOT NULL
"""


def schema_of(engine: Engine) -> dict[str, Any]:
    """Tables, columns, constraints, indexes and triggers, as the database itself describes them."""
    inspector = inspect(engine)
    tables = sorted(set(inspector.get_table_names()) - {"alembic_version"})
    found: dict[str, Any] = {}
    for table in tables:
        found[table] = {
            "columns": {
                column["name"]: (str(column["type"]), column["nullable"])
                for column in inspector.get_columns(table)
            },
            "key": inspector.get_pk_constraint(table)["constrained_columns"],
            "checks": sorted(
                (str(check["name"]), " ".join(str(check["sqltext"]).split()))
                for check in inspector.get_check_constraints(table)
            ),
            "unique": sorted(
                (str(one["name"]), one["column_names"]) for one in inspector.get_unique_constraints(table)
            ),
            "foreign": sorted(
                (str(one["name"]), one["constrained_columns"], one["referred_table"], one["referred_columns"])
                for one in inspector.get_foreign_keys(table)
            ),
        }
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            for query in (POSTGRESQL_CONSTRAINTS, POSTGRESQL_INDEXES):
                rows = connection.execute(text(query))
                found[query] = [tuple(row) for row in rows if "alembic_version" not in row[0]]
        else:
            rows = connection.execute(text(SQLITE_INDEXES_AND_TRIGGERS))
            found["indexes and triggers"] = sorted(
                (table, name, " ".join(sql.split())) for table, name, sql in rows
            )
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_migrations_create_the_schema_of_the_models_and_can_be_reverted(
    databases: Databases, tmp_path: Path, kind: str
) -> None:
    made: dict[str, dict[str, Any]] = {}
    for way in ("models", "migrations"):
        url = databases.bare(kind)
        app = create_app(settings(environment(tmp_path / way, url)))
        with app.app_context():
            if way == "models":
                db.create_all()
            else:
                flask_migrate.upgrade()
                flask_migrate.check()
            made[way] = schema_of(db.engine)
            if way == "migrations":
                flask_migrate.downgrade(revision="base")
                assert set(inspect(db.engine).get_table_names()) <= {"alembic_version"}
                flask_migrate.upgrade()
                assert schema_of(db.engine) == made["migrations"]
            db.engine.dispose()
        databases.drop(url)
    assert made["migrations"].keys() == made["models"].keys()
    for part, expected in made["models"].items():
        assert made["migrations"][part] == expected, part


@pytest.mark.parametrize("kind", KINDS)
def test_a_name_stored_with_a_space_is_found_after_the_migration(
    databases: Databases, tmp_path: Path, kind: str
) -> None:
    url = databases.bare(kind)
    app = create_app(settings(environment(tmp_path, url)))
    with app.app_context():
        flask_migrate.upgrade()
        factories.enterprise(name="东胜 区Smith 示例 公司", initials="ds qsmith sl gs")
        flask_migrate.downgrade(revision="0012")
        flask_migrate.upgrade()
        row = db.session.execute(text("SELECT name, initials FROM enterprises")).one()
        assert tuple(row) == ("东胜区Smith 示例公司", "dsqsmith slgs")
        found = select(Enterprise.name).where(contains(Enterprise.name, "示例公司"))
        assert db.session.scalars(found).all() == [row.name]
        db.session.remove()
        db.engine.dispose()
    databases.drop(url)


@pytest.mark.parametrize("kind", KINDS)
def test_rows_from_before_the_migration_are_found_by_every_spelling(
    databases: Databases, tmp_path: Path, kind: str
) -> None:
    url = databases.bare(kind)
    app = create_app(settings(environment(tmp_path, url)))
    with app.app_context():
        flask_migrate.upgrade()
        world = factories.world()
        people = {
            name: factories.application_at(
                State.CITY_REVIEW, world.city, world, factories.applicant(name=name)
            ).id
            for name in ("甲", "乙", "丙", "丁")
        }
        numbers = {row.id: row.identity_number for row in db.session.scalars(select(Application))}
        enterprise = factories.enterprise(name="戊").id
        db.session.remove()
        flask_migrate.downgrade(revision="0015")
        formerly = (
            ("甲", "阿拉坦•仓", "alt•c"),
            ("乙", "单晓明", "dxm"),
            ("丙", "José", "josé"),
            ("丁", "王敏", "wm"),
        )
        for key, name, letters in formerly:
            values = {"id": people[key], "name": name, "letters": letters}
            db.session.execute(
                text("UPDATE applications SET name = :name, initials = :letters WHERE id = :id"), values
            )
            of_theirs = "(SELECT applicant_id FROM applications WHERE id = :id)"
            db.session.execute(text(f"UPDATE accounts SET name = :name WHERE id = {of_theirs}"), values)
        db.session.execute(
            text("UPDATE enterprises SET name = :name, contact_name = :contact WHERE id = :id"),
            {"id": enterprise, "name": "示例‧Größe（中国）公司", "contact": "阿拉坦・仓"},
        )
        sealed = db.session.scalar(
            text("SELECT identity_number FROM applications WHERE id = :id"), {"id": people["丁"]}
        )
        db.session.execute(
            text("UPDATE applications SET identity_number = :sealed WHERE id = :id"),
            {"id": people["丁"], "sealed": sealed.replace(".", ".lost-", 1)},
        )
        db.session.commit()
        flask_migrate.upgrade()
        rows = {
            row.id: tuple(row)[1:]
            for row in db.session.execute(
                text("SELECT id, name, name_key, initials, other_initials, identity_tail FROM applications")
            )
        }
        tails = {each: tail_digest(numbers[people[each]]) for each in people}
        assert rows[people["甲"]] == ("阿拉坦·仓", "阿拉坦仓", "altc", None, tails["甲"])
        assert rows[people["乙"]] == ("单晓明", None, "sxm", "dxm", tails["乙"])
        assert rows[people["丙"]] == ("José", "jose", "jose", None, tails["丙"])
        assert rows[people["丁"]] == ("王敏", None, "wm", None, None), "no key opens this number any more"
        names = set(db.session.execute(text("SELECT name, name_key FROM accounts")).all())
        assert {("阿拉坦·仓", "阿拉坦仓"), ("单晓明", None), ("José", "jose")} <= names
        for name, words in (
            (Application.name, "阿拉坦．仓"),
            (Application.name, "JOSE"),
            (Application.name, "王敏"),
        ):
            assert len(db.session.scalars(select(name).where(contains(name, words))).all()) == 1, words
        found = db.session.execute(
            text("SELECT name, initials, contact_name FROM enterprises WHERE id = :id"), {"id": enterprise}
        ).one()
        assert tuple(found) == ("示例·Größe（中国）公司", "slgrosse(zg)gs", "阿拉坦·仓")
        search = select(Enterprise.id).where(contains(Enterprise.name, "例grösse(中"))
        assert db.session.scalars(search).all() == [enterprise]
        check_that_keys_follow_the_rule_of_apostrophes_and_hyphens(world.city.reviewer.id, enterprise)
        check_that_initials_have_the_readings_of_words(people["丁"], enterprise)
        db.session.remove()
        db.engine.dispose()
    databases.drop(url)


def check_that_keys_follow_the_rule_of_apostrophes_and_hyphens(reviewer: int, enterprise: int) -> None:
    """0048: each row has the key that its code looks for, after the upgrade and after the downgrade."""
    db.session.get_one(Account, reviewer).name = "N`Golo Kanté"
    db.session.get_one(Enterprise, enterprise).name = "示例O\uff40Neill\u2011Smith公司"
    db.session.commit()
    keys = text("SELECT name_key, '' FROM accounts WHERE id = :reviewer UNION ALL"
                " SELECT name_key, initials FROM enterprises WHERE id = :enterprise")  # fmt: skip
    searched = select(Enterprise.id).where(contains(Enterprise.name, "O'Neill-Smith"))
    for move, expected, found in (
        (lambda: flask_migrate.downgrade(revision="0047"), {"n`golokante", "示例o`neill\u2010smith公司"}, []),
        (flask_migrate.upgrade, {"ngolokante", "示例oneill-smith公司"}, [enterprise]),
    ):
        db.session.remove()
        move()
        rows = db.session.execute(keys, {"reviewer": reviewer, "enterprise": enterprise}).all()
        assert {row[0] for row in rows} == expected
        assert db.session.scalars(searched).all() == found
    assert {row[1] for row in rows} == {"", "sloneill-smithgs"}


def check_that_initials_have_the_readings_of_words(application: int, enterprise: int) -> None:
    """0049: a name has the initials that its words have, as if it were stored today."""
    db.session.remove()
    flask_migrate.downgrade(revision="0048")
    db.session.execute(
        text(
            "UPDATE applications SET name = '单长晟', initials = 'szc', other_initials = 'dzc' WHERE id = :id"
        ),
        {"id": application},
    )
    db.session.execute(
        text("UPDATE enterprises SET name = '长庆\uf92c银行', initials = 'zq\uf92cyx' WHERE id = :id"),
        {"id": enterprise},
    )
    db.session.commit()
    flask_migrate.upgrade()
    person = "SELECT initials, other_initials FROM applications WHERE id = :id"
    assert tuple(db.session.execute(text(person), {"id": application}).one()) == ("scs", "dcs")
    employer = text("SELECT initials FROM enterprises WHERE id = :id")
    assert db.session.scalar(employer, {"id": enterprise}) == "cqlyh"
    db.session.remove()


def test_the_migrations_form_one_chain() -> None:
    script = ScriptDirectory("migrations")
    assert len(script.get_heads()) == 1
    assert len(script.get_bases()) == 1


def test_a_value_outside_its_enum_is_refused_by_the_database(app_context: Any) -> None:
    office = "INSERT INTO offices (name, duty, telephone) VALUES ('局', :duty, '')"
    with pytest.raises(IntegrityError):
        db.session.execute(text(office), {"duty": "everything"})
    db.session.rollback()
    db.session.execute(text(office), {"duty": "region"})


@pytest.mark.parametrize("kind", KINDS)
def test_applications_returned_before_the_migration_get_a_term_and_a_period(
    databases: Databases, tmp_path: Path, kind: str
) -> None:
    url = databases.bare(kind)
    app = create_app(settings(environment(tmp_path, url)))
    with app.app_context():
        flask_migrate.upgrade()
        world = factories.world()
        states = (State.DRAFT, State.RETURNED, State.CITY_REVIEW)
        made = {state: factories.application_at(state, world.banner, world).id for state in states}
        between = factories.application_at(State.PRELIMINARY_REVIEW, world.banner, world).id
        doubtful = factories.application_at(State.PRELIMINARY_REVIEW, world.banner, world).id
        withdrawn = factories.application_at(State.ENTERPRISE_REVIEW, world.banner, world)
        factories.act(withdrawn, Action.WITHDRAW, withdrawn.applicant)
        today = local_date(now())
        period = db.session.scalars(select(Period)).one()
        period.closes = today - timedelta(days=1)
        earlier = factories.saved(
            Period(name="从前", opens=today - timedelta(days=400), closes=today - timedelta(days=300))
        )
        for name in ("甲", "乙"):
            factories.saved(
                Period(name=name, opens=today - timedelta(days=200), closes=today - timedelta(days=100))
            )
        returned = made[State.RETURNED]
        own, withdrawn_id = period.id, withdrawn.id
        db.session.commit()
        db.session.remove()
        flask_migrate.downgrade(revision="0019")
        days = dict.fromkeys([*made.values(), withdrawn_id], 2) | {returned: 390, doubtful: 150, between: 250}
        for key, ago in days.items():
            at = (now() - timedelta(days=ago)).replace(tzinfo=None)
            before = {"id": key, "at": str(at) if kind == "sqlite" else at}
            db.session.execute(
                text("UPDATE reviews SET at = :at WHERE application_id = :id AND action = 'submit'"), before
            )
        db.session.commit()
        db.session.remove()
        flask_migrate.upgrade()
        found = {row.id: row for row in db.session.scalars(select(Application))}
        assert found[returned].period_id == earlier.id
        assert found[made[State.CITY_REVIEW]].period_id == found[withdrawn_id].period_id == own
        assert found[made[State.DRAFT]].period_id is None
        assert found[doubtful].period_id is None, "two periods fit"
        assert found[between].period_id is None, "none fits"
        for key in (returned, withdrawn_id):
            assert timedelta(days=19) <= found[key].resubmit_by - today <= timedelta(days=22)
        assert found[made[State.DRAFT]].resubmit_by is None
        assert found[made[State.CITY_REVIEW]].resubmit_by is None
        db.session.remove()
        db.engine.dispose()
    databases.drop(url)


@pytest.mark.parametrize("kind", KINDS)
def test_the_downgrade_deletes_messages_that_were_read_and_delivered(
    databases: Databases, tmp_path: Path, kind: str
) -> None:
    url = databases.bare(kind)
    app = create_app(settings(environment(tmp_path, url)))
    with app.app_context():
        flask_migrate.upgrade()
        world = factories.world()
        at = world.banner
        returned = factories.application_at(State.RETURNED, at, world)
        later = local_date(now()) + timedelta(days=90)
        extension.extend(
            returned.number,
            at.clerk,
            until=later,
            seen=returned.resubmit_by,
            decision=Decision(factories.REASON),
        )
        under_review = factories.application_at(State.PRELIMINARY_REVIEW, at, world)
        corrections.correct_name(
            under_review.number,
            "王小敏",
            at.clerk,
            seen_version=under_review.version,
            decision=Decision(factories.REASON),
        )
        corrections.correct_own_name(factories.applicant(), "王小敏")
        passed = factories.application_at(State.CITY_REVIEW, at, world)
        taking_back.take_back(
            passed.number, at.clerk, seen_version=passed.version, decision=Decision(factories.REASON)
        )
        new = {"term_extended", "name_corrected", "own_name_corrected", "taken_back"}
        messages = db.session.scalars(select(Message).where(Message.account_id.is_not(None))).all()
        assert new <= {message.kind for message in messages}
        stayed = {message.id for message in messages if message.kind not in new}
        for message in messages:
            reading = {"message_id": message.id, "account_id": message.account_id}
            if db.session.get(MessageReading, reading) is None:
                factories.saved(MessageReading(**reading))
            factories.saved(
                Delivery(message_id=message.id, account_id=message.account_id, channel=Channel.SMS)
            )
        db.session.remove()
        flask_migrate.downgrade(revision="0017")
        left = "SELECT id FROM messages WHERE account_id IS NOT NULL"
        assert set(db.session.scalars(text(left))) == stayed
        assert set(db.session.scalars(text("SELECT message_id FROM deliveries"))) == stayed
        orphaned = "SELECT message_id FROM message_readings EXCEPT SELECT id FROM messages"
        assert db.session.scalars(text(orphaned)).all() == []
        db.session.remove()
        flask_migrate.upgrade()
        db.session.remove()
        db.engine.dispose()
    databases.drop(url)
