"""Whose inbox it is, found without asking where the export tells it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from detector.errors import InputError, UsageError
from detector.inbox.export import Export
from detector.inbox.people import HIDDEN_MEMBER, is_profile_url, name_key, slug, slugs

_COVERAGE = 0.8
"""Share of two or more conversations in which the owner's URL or name must stand."""


@dataclass(frozen=True)
class Owner:
    """Whose inbox: `slug` (empty if unknown), `name` for showing, `names` the keys of all names used."""

    name: str = ""
    slug: str = ""
    names: frozenset[str] = frozenset()

    @property
    def known(self) -> bool:
        """Whether anything is known."""
        return bool(self.slug or self.names)

    def same(self, other: Owner) -> bool:
        """Whether both can be one person: equal slugs, or a name in common where a slug lacks."""
        if self.slug and other.slug:
            return self.slug == other.slug
        return bool(self.names & other.names)

    @property
    def inbox(self) -> str:
        """The slug or else the name: what verdicts carry as `inbox`."""
        return self.slug or self.name


def find_owner(exports: Sequence[Export], asked: str | None = None) -> Owner:
    """The one owner of all inputs.

    Per input: the URL in most invitations, then the URL that writes under the profile's name, then
    the URL (or, without URLs, the name) that stands in at least four fifths of two or more
    conversations. Inputs that do not tell join the only owner there is.

    Raises UsageError for two owners, or an `asked` owner who is nowhere in the input; InputError
    where messages have no direction and the owner cannot be told.
    """
    if asked:
        return _asked(exports, asked)
    found: list[tuple[Export, Owner]] = []
    for export in exports:
        owner = owner_of(export)
        if owner.known:
            found.append((export, owner))
    owners: list[Owner] = []
    for _export, owner in found:
        for i, other in enumerate(owners):
            if other.same(owner):
                owners[i] = _joined(other, owner)
                break
        else:
            owners.append(owner)
    if len(owners) > 1:
        who = " and ".join(o.inbox for o in owners[:3])
        raise UsageError(f"these inputs belong to {len(owners)} owners ({who}); use `detector triage` for several")
    if owners:
        return joined(owners, [e.profile.name for e in exports])
    together = _of_exports(exports)
    if together.known:
        return together
    for export in exports:
        if _undirected(export):
            raise InputError(
                export.name, "does not show whose inbox it is", "give your profile's URL or your name with --owner"
            )
    name = next((e.profile.name for e in exports if e.profile.name), "")
    return Owner(name=name, names=frozenset({name_key(name)} if name else ()))


def owner_of(export: Export) -> Owner:
    """The owner of one input as far as it tells by itself; nothing known if it does not."""
    return _of_export(export, export.profile.name)


def _undirected(export: Export) -> bool:
    return any(not d for d in export.rows.columns["direction"])


def _joined(one: Owner, other: Owner) -> Owner:
    return Owner(one.name or other.name, one.slug or other.slug, one.names | other.names)


def joined(owners: Sequence[Owner], profile_names: Iterable[str]) -> Owner:
    """Several findings of one owner as one, with the first name that a profile gives."""
    owner = owners[0]
    for other in owners[1:]:
        owner = _joined(owner, other)
    name = next(filter(None, profile_names), "")
    if not name:
        return owner
    return Owner(name if not owner.name else owner.name, owner.slug, owner.names | {name_key(name)})


def _asked(exports: Sequence[Export], asked: str) -> Owner:
    wanted_slug = slug(asked) if is_profile_url(asked) else asked.strip().lower()
    wanted_name = name_key(asked)
    by_slug, by_name = Counter[str](), Counter[str]()
    shown: dict[str, str] = {}
    for export in exports:
        for name, person, count in _people(export):
            if person == wanted_slug:
                by_slug[name_key(name)] += count
            if name_key(name) == wanted_name:
                by_name[person] += count
            if name:
                shown.setdefault(name_key(name), name)
        if export.profile.name and name_key(export.profile.name) == wanted_name:
            by_name[""] += 1
            shown.setdefault(wanted_name, export.profile.name)
    if by_slug:
        names = [name for name, _n in by_slug.most_common() if name and name != HIDDEN_MEMBER]
        return Owner(shown.get(names[0], "") if names else "", wanted_slug, frozenset(names))
    if by_name:
        with_url = [person for person, _n in by_name.most_common() if person]
        return Owner(shown.get(wanted_name, asked), with_url[0] if with_url else "", frozenset({wanted_name}))
    if all(not _undirected(export) and not export.invitations for export in exports):
        # every message says its direction: the name is only for showing
        given = is_profile_url(asked)
        return Owner("" if given else asked, wanted_slug if given else "", frozenset(() if given else {wanted_name}))
    if is_profile_url(asked) and not any(cell for e in exports for cell in e.rows.columns["to_urls"]):
        return Owner("", wanted_slug, frozenset())  # exports before 2023: only senders have URLs
    raise UsageError(f"--owner {asked}: nobody of that name or URL is in {exports[0].name}")


def _people(export: Export) -> Iterable[tuple[str, str, int]]:
    """Every (name, slug) that stands anywhere in an input, and how often, cell by cell; either may be empty."""
    columns = export.rows.columns
    for (name, url), count in Counter(zip(columns["sender"], columns["sender_url"], strict=True)).items():
        yield name, slug(url), count
    for (name, urls), count in Counter(zip(columns["to"], columns["to_urls"], strict=True)).items():
        found = slugs(urls)
        if len(found) <= 1:
            yield name, found[0] if found else "", count
        else:
            yield from (("", person, count) for person in found)
    for invitation in export.invitations:
        yield invitation.sender, invitation.sender_slug, 1
        yield invitation.receiver, invitation.receiver_slug, 1


def _of_exports(exports: Sequence[Export]) -> Owner:
    """From all inputs together: a profile in one part may name the owner of another."""
    name = next((e.profile.name for e in exports if e.profile.name), "")
    for export in exports:
        owner = _of_export(export, name)
        if owner.known:
            return owner
    return Owner()


def _of_export(export: Export, profile_name: str) -> Owner:
    for way in (_by_invitations, _by_direction, _by_profile_name, _by_coverage):
        owner = way(export, profile_name)
        if owner.known:
            return owner
    return Owner()


def _named(export: Export, person: str, profile_name: str) -> Owner:
    """An owner by slug, with the names this slug goes by."""
    names: Counter[str] = Counter()
    shown: dict[str, str] = {}
    for name, who, count in _people(export):
        if who == person and name and name_key(name) != HIDDEN_MEMBER:
            names[name_key(name)] += count
            shown.setdefault(name_key(name), name)
    keys = set(names) | ({name_key(profile_name)} if profile_name else set())
    best = names.most_common(1)
    return Owner(profile_name or (shown[best[0][0]] if best else ""), person, frozenset(keys))


def _by_invitations(export: Export, profile_name: str) -> Owner:
    by_slug, by_name = Counter[str](), Counter[str]()
    for invitation in export.invitations:
        if invitation.direction == "OUTGOING":
            by_slug[invitation.sender_slug] += 1
            by_name[invitation.sender] += 1
        elif invitation.direction == "INCOMING":
            by_slug[invitation.receiver_slug] += 1
            by_name[invitation.receiver] += 1
    del by_slug[""], by_name[""]
    if by_slug:
        return _named(export, by_slug.most_common(1)[0][0], profile_name)
    if by_name and not any(slug(url) for url in export.rows.columns["sender_url"]):
        name = by_name.most_common(1)[0][0]
        return Owner(profile_name or name, "", frozenset(filter(None, {name_key(name), name_key(profile_name)})))
    if by_name:
        return _by_profile_name(export, by_name.most_common(1)[0][0])
    return Owner()


def _by_direction(export: Export, profile_name: str) -> Owner:
    """Where every row says its direction, the sent ones name the owner."""
    columns = export.rows.columns
    if not len(export.rows) or _undirected(export):
        return Owner()
    by_slug, by_name, recipients = Counter[str](), Counter[str](), set()
    rows = zip(columns["direction"], columns["sender"], columns["sender_url"], columns["recipient"], strict=True)
    for direction, sender, url, recipient in rows:
        if direction == "sent":
            by_slug[slug(url)] += 1
            by_name[sender] += 1
        if recipient:
            recipients.add(recipient)
    del by_slug[""], by_name[""]
    if len(recipients) > 1 or (not recipients and len(set(map(name_key, by_name))) > 1 and len(by_slug) != 1):
        return Owner()  # threads of many recipients in one table, such as a corpus
    name = next(iter(recipients), "") or (by_name.most_common(1)[0][0] if by_name else "")
    person = by_slug.most_common(1)[0][0] if len(by_slug) == 1 else ""
    names = {name_key(n) for n in (name, profile_name, *by_name) if n}
    return Owner(name or profile_name, person, frozenset(names)) if name or person else Owner()


def _by_profile_name(export: Export, profile_name: str) -> Owner:
    if not profile_name:
        return Owner()
    by_slug: Counter[str] = Counter()
    seen = False
    wanted = name_key(profile_name)
    for name, person, count in _people(export):
        if name_key(name) == wanted:
            seen = True
            by_slug[person] += count
    del by_slug[""]
    if by_slug:
        return _named(export, by_slug.most_common(1)[0][0], profile_name)
    return Owner(profile_name, "", frozenset({wanted})) if seen else Owner()


def _by_coverage(export: Export, profile_name: str) -> Owner:
    columns = export.rows.columns
    people: dict[str, set[tuple[str, str]]] = {}
    rows = zip(
        columns["conversation"],
        columns["sender"],
        columns["sender_url"],
        columns["to"],
        columns["to_urls"],
        strict=True,
    )
    for conversation, sender, url, to, urls in rows:
        who = {("slug", s) for s in (slug(url), *slugs(urls)) if s}
        who |= {("name", name_key(n)) for n in (sender, to) if n and name_key(n) != HIDDEN_MEMBER}
        key = conversation or "\0".join(sorted((name_key(sender), name_key(to))))
        people.setdefault(key, set()).update(who)
    if len(people) < 2:
        return Owner()
    counts = Counter(person for group in people.values() for person in group)
    for sort in ("slug", "name"):
        best = [(who, n) for (kind, who), n in counts.most_common() if kind == sort][:2]
        if best and best[0][1] >= _COVERAGE * len(people) and (len(best) == 1 or best[1][1] < best[0][1]):
            if sort == "slug":
                return _named(export, best[0][0], profile_name)
            shown = next(n for n, _s, _count in _people(export) if name_key(n) == best[0][0])
            return Owner(shown, "", frozenset({best[0][0]}))
    return Owner()
