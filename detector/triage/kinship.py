"""What must lie in one part: every row of a conversation, and all that an invitation may be joined to.

Conversations are independent of one another but for two things: an invitation belongs to one of the
conversations with its inviter, so all of these go together with it; and rows without a
conversation id are gathered by person. Both are ties between names, and what is tied together
(a connected component) lies in one part.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable

from detector.inbox.owner import Owner
from detector.inbox.people import name_key, slug, slugs
from detector.inbox.rows import Invitation


class Ties:
    """Names tied together, and the part that each set of them belongs to.

    >>> ties = Ties()
    >>> ties.tie(["a", "b"]); ties.tie(["b", "c"])
    >>> ties.root("c") == ties.root("a"), ties.root("d")
    (True, 'd')
    """

    def __init__(self) -> None:
        self._up: dict[str, str] = {}

    def root(self, name: str) -> str:
        """The name that stands for all those tied to this one: the least of them."""
        path = []
        while (up := self._up.get(name, name)) != name:
            path.append(name)
            name = up
        for below in path:
            self._up[below] = name
        return name

    def tie(self, names: Iterable[str]) -> None:
        """Tie names together."""
        roots = {self.root(name) for name in names}
        if roots:
            least = min(roots)
            for root in roots:
                self._up[root] = least

    def part(self, name: str, parts: int) -> int:
        """The part, 0 to `parts` - 1, of a name and all tied to it."""
        return zlib.crc32(self.root(name).encode("utf-8", "surrogatepass")) % parts


def conversation(name: str) -> str:
    """The tie name of a conversation id."""
    return f"c:{name}"


class Kinship:
    """The ties of one inbox, learned from its invitations and then from its rows, batch by batch."""

    def __init__(self, owner: Owner, invitations: Iterable[Invitation]) -> None:
        self.ties = Ties()
        self.owner = owner
        self._own = {owner.slug} - {""}
        self._own |= {f"name:{name}" for name in owner.names}
        self._anchors: set[str] = set()
        for invitation in invitations:
            keys = self.inviter(invitation)
            self._anchors.update(keys)
            self.ties.tie(keys)
        # the owner is in every row, and ties none of them
        self._anchors -= self._own
        self._names = {key.removeprefix("name:") for key in self._anchors if key.startswith("name:")}

    @property
    def idle(self) -> bool:
        """Whether rows that have a conversation id need not be looked at."""
        return not self._anchors

    def inviter(self, invitation: Invitation) -> list[str]:
        """The tie names of who sent an invitation."""
        keys = [invitation.sender_slug, f"name:{name_key(invitation.sender)}"]
        return [key for key in keys if key not in ("", "name:") and key not in self._own] or [
            f"name:{name_key(invitation.sender)}"
        ]

    def people(self, sender: str, sender_url: str, to: str, to_urls: str) -> list[str]:
        """The tie names of everybody in a row but the owner."""
        keys = (slug(sender_url), f"name:{name_key(sender)}", *slugs(to_urls), f"name:{name_key(to)}")
        return [key for key in keys if key not in ("", "name:") and key not in self._own]

    def learn(self, rows: Iterable[tuple[str, str, str, str, str]]) -> None:
        """Tie conversations to inviters, and the people of rows without a conversation to each other.

        `rows`: (conversation, sender, sender's URL, to, URLs of to), the different ones of a batch.
        """
        for talk, *row in rows:
            keys = self.people(*row)
            if not talk:
                self.ties.tie(keys)
            elif tied := [key for key in keys if key in self._anchors]:
                self.ties.tie([conversation(talk), *tied])

    def concerns(self, cells: list[str], url: bool) -> list[bool]:
        """Whether each cell of names or URLs may name an inviter."""
        if url:
            return [not self._anchors.isdisjoint(slugs(cell)) for cell in cells]
        return [name_key(cell) in self._names for cell in cells]

    def name_of(self, talk: str, sender: str, sender_url: str, to: str, to_urls: str) -> str:
        """The tie name by which a row finds its part."""
        if talk:
            return conversation(talk)
        people = self.people(sender, sender_url, to, to_urls)
        return people[0] if people else "name:"
