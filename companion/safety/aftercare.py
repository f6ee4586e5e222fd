"""For an hour after words of despair they are not passed over: none of them is kept, so no later turn would know."""

import time
from collections import OrderedDict
from collections.abc import Callable

from companion.words import Words

_SECONDS = 3_600.0
_MOST = 10_000


class Aftercare:
    """Which conversations had such words within the hour: their ids alone, in memory alone, in this process alone."""

    def __init__(self, hotline: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._hotline = hotline
        self._clock = clock
        self._since: OrderedDict[str, float] = OrderedDict()

    def note(self, conversation_id: str) -> None:
        """Words of despair were said."""
        self._since[conversation_id] = self._clock()
        self._since.move_to_end(conversation_id)
        while len(self._since) > _MOST:
            self._since.popitem(last=False)

    def needed(self, conversation_id: str) -> bool:
        """Whether such words were said in this conversation within the hour."""
        since = self._since.get(conversation_id)
        return since is not None and self._clock() - since <= _SECONDS

    def again(self, say: Words) -> str:
        """What is said to more of them: the same words twice would be a machine's."""
        return say.despair_again.format(hotline=self._hotline)

    def heard(self, say: Words) -> str:
        """What is said to small talk, thanks and goodbyes after them."""
        return say.despair_heard.format(hotline=self._hotline)

    def kept(self, say: Words) -> str:
        """What stands below an answer after them."""
        return say.despair_kept.format(hotline=self._hotline)
