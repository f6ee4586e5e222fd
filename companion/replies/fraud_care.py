"""A senior who asks about money hears how not to lose it."""

import re
from collections.abc import Iterator, Sequence

from companion.events import TextAdded
from companion.heard import Heard
from companion.quoting.extract import Quote

_MONEY = re.compile(
    r"转(?:账|帐|了|过去|给|出)|汇款|验证码|密码|银行卡|中奖|投资|理财|保健品|刷单|退款|客服|贷款|钱|\b(?:money|bank|transfer|code)\b"
)


class FraudCare:
    """Says whom to ask before money is paid."""

    def __init__(self, hotline: str) -> None:
        self._hotline = hotline

    def below(self, quotes: Sequence[Quote], heard: Heard) -> Iterator[TextAdded]:
        """What goes below an answer with these quotes."""
        said = heard.question + "".join(quote.text for quote in quotes)
        if heard.audience == "senior" and _MONEY.search(said):
            yield TextAdded(f"\n\n{heard.say.fraud_care.format(hotline=self._hotline)}")
