"""The names of tables and columns in the audit trail: those that administrators change, and what others do that it records."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from administration.tables import TABLES
from common.audit import APPLICANTS, DELIVERIES, EXPORTS, REVIEWERS
from common.wording import N_
from models import BankLayout, Deputy, PaymentRun


class AuditWords(NamedTuple):
    """The names of a table and of its columns in the audit trail."""

    label: str
    fields: Mapping[str, str]


RUN_WORDS = AuditWords(
    N_("发放批次"), {"downloaded": N_("下载银行文件"), "count": N_("笔数"), "sha256": N_("SHA-256")}
)
"""Downloads of the bank's files, which hold full account numbers (payments/exporting.py)."""

LAYOUT_WORDS = AuditWords(
    N_("银行文件设置"),
    {
        "columns": N_("列"),
        "encoding": N_("文字编码"),
        "bom": N_("字节顺序标记"),
        "unit": N_("金额"),
        "totals": N_("笔数和合计"),
        "headings": N_("列名行"),
        "purpose": N_("用途"),
    },
)

REVIEWER_WORDS = AuditWords(
    N_("企业审核人员"),
    {
        "invited": N_("邀请"),
        "sent_again": N_("重新发出邀请"),
        "withdrawn": N_("撤回邀请"),
        "joined": N_("接受邀请"),
        "removed": N_("移除"),
        "recovery_code": N_("新的找回码"),
        "reason": N_("原因"),
    },
)
"""What an enterprise does with its own reviewers (enterprises/reviewers.py), and their new recovery codes. The row key is the enterprise's."""

CORRECTION_WORDS = AuditWords(
    N_("申请人"),
    {
        "name": N_("姓名"),
        "paper": N_("证件类型"),
        "identity_number": N_("证件号码"),
        "recovery_code": N_("新的找回码"),
        "reason": N_("原因"),
    },
)
"""Corrections of names and identity numbers (desk/corrections.py), and new recovery codes. The row key is the account's."""

DEPUTY_WORDS = AuditWords(
    N_("代办"),
    {
        "deputy": N_("代办人"),
        "first_day": N_("开始日期"),
        "last_day": N_("结束日期"),
        "cancelled": N_("已取消"),
    },
)
"""Who stands in for whom (desk/deputies.py)."""

EXPORT_WORDS = AuditWords(
    N_("导出文件"),
    {"filter": N_("筛选"), "rows": N_("行数"), "full": N_("完整号码"), "reason": N_("原因")},
)
"""Who exported which list (documents/exports.py)."""

DELIVERY_WORDS = AuditWords(N_("邮件和短信"), {"sent_again": N_("重发")})
"""Messages that were sent again (operation/redelivery.py)."""

AUDIT_WORDS: Mapping[str, AuditWords] = MappingProxyType(
    {
        **{model.__tablename__: AuditWords(table.label, table.fields) for model, table in TABLES.items()},
        PaymentRun.__tablename__: RUN_WORDS,
        BankLayout.__tablename__: LAYOUT_WORDS,
        REVIEWERS: REVIEWER_WORDS,
        APPLICANTS: CORRECTION_WORDS,
        Deputy.__tablename__: DEPUTY_WORDS,
        EXPORTS: EXPORT_WORDS,
        DELIVERIES: DELIVERY_WORDS,
    }
)
"""The words by `AuditEntry.table_name`."""
