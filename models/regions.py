"""The regions of Ordos and the offices responsible for them. The administrator edits both (D1)."""

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.database import Model, enum_text
from models.vocabulary import OfficeDuty, RegionKind


class Office(Model):
    """A reviewing office: 市人社局, a banner's 人社局, a park's 人才业务主管部门, or 市专家服务中心."""

    __tablename__ = "offices"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    duty: Mapped[OfficeDuty] = mapped_column(enum_text(OfficeDuty), default=OfficeDuty.REGION)
    telephone: Mapped[str] = mapped_column(String(60), default="")

    regions: Mapped[list["Region"]] = relationship(back_populates="office", order_by="Region.id")

    def __str__(self) -> str:
        return self.name


class Region(Model):
    """市直属, a banner or district, or a park that the city manages; an enterprise belongs to exactly one."""

    __tablename__ = "regions"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(12), unique=True)
    name: Mapped[str] = mapped_column(String(40), unique=True)
    kind: Mapped[RegionKind] = mapped_column(enum_text(RegionKind))
    office_id: Mapped[int] = mapped_column(ForeignKey("offices.id"))
    position: Mapped[int] = mapped_column(default=0)
    active: Mapped[bool] = mapped_column(default=True)
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("regions.id"))

    office: Mapped[Office] = relationship(lazy="joined", innerjoin="unnested", back_populates="regions")  # type: ignore[arg-type]
    merged_into: Mapped["Region | None"] = relationship(remote_side=[id])

    __table_args__ = (Index(None, "office_id"),)

    def __str__(self) -> str:
        return self.name
