"""Reasons often given, to choose from. The page offers them, and the statistics count by them."""

from common.wording import N_
from models import Action

PHRASES = {
    Action.RETURN: (
        N_("附件不清晰，请重新上传。"),
        N_("附件未签字或未加盖单位公章。"),
        N_("所填信息与佐证材料不一致。"),
        N_("劳动合同不完整，请上传全部页。"),
        N_("社保缴纳证明与所填时间不一致。"),
        N_("学习工作经历不完整。"),
    ),
    Action.REFUSE: (
        N_("不属于战略性新兴产业引进人才。"),
        N_("不符合申报条件。"),
        N_("提供的材料不真实。"),
    ),
}
