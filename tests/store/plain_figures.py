"""The questions of the dashboard once more, in plain Python over the rows of `events`: what tallied days have to say, too."""

from collections import Counter, defaultdict

from avow.local_days import day_of

NOBODY = 0


def rows(store):
    """Return every page view as the engine stores it."""
    wanted = (
        "site, point, toUnixTimestamp64Milli(time) AS at, page, referrer, campaign, browser, system, device, language, "
        "country, link, seconds, depth, subject, visit, robot, demonstration, record_id"
    )
    sql = f"SELECT {wanted} FROM events WHERE is_view = 1 ORDER BY time, record_id"
    found = store.events._call(lambda client: client.query(sql))
    return [dict(zip(found.column_names, row, strict=True)) for row in found.result_rows]


def owned(events, zone):
    """Give each view the visit that it is of: (site, local day, number, person), or None for no number."""
    heads = {}
    for one in events:
        one["day"] = day_of(one["at"], zone).day
        number = (one["site"], one["day"], one["visit"])
        if one["visit"] and one["subject"].int and (number not in heads or _order(one["subject"]) < _order(heads[number])):
            heads[number] = one["subject"]
    for one in events:
        number = (one["site"], one["day"], one["visit"])
        person = one["subject"].int or (heads[number].int if one["visit"] and number in heads else NOBODY)
        one["person"], one["of"] = person, (*number, person)
    return events


def _order(subject):
    """Return by what the engine orders pseudonyms: their second half comes first."""
    return subject.int & (1 << 64) - 1, subject.int >> 64


def within(events, scope):
    """Return the views that a scope is about."""
    return [
        one
        for one in events
        if scope.site in {"", one["site"]}
        and scope.from_ms <= one["at"] < scope.to_ms
        and (scope.points is None or one["point"] in scope.points)
    ]


def ranked(events, column, robot=0):
    """Return (views, visits) by what a column says."""
    views, visits = Counter(), defaultdict(set)
    for one in events:
        if one["robot"] == robot:
            views[one[column]] += 1
            visits[one[column]] |= {one["of"]} if one["visit"] else set()
    return {name: (count, len(visits[name])) for name, count in views.items()}


def totals(events):
    """Return views, visits, visitors, robots and invented views."""
    people = [one for one in events if not one["robot"]]
    visits = {one["of"] for one in people if one["visit"]}
    visitors = {one["person"] or one["visit"] for one in people if one["visit"] or one["person"]}
    return len(people), len(visits), len(visitors), len(events) - len(people), sum(one["demonstration"] for one in events)


def days(events):
    """Return (views, visits, visitors) by local day."""
    found = defaultdict(list)
    for one in events:
        if not one["robot"]:
            found[one["day"]].append(one)
    return {day: totals(some)[:3] for day, some in found.items()}


def reconciled(events, tag, beacon, log):
    """Return visits in all and by source, and those that the log saw alone."""
    seen = defaultdict(set)
    for one in events:
        if one["visit"] and not one["robot"]:
            seen[one["of"]].add(one["point"])
    every = {*tag, *beacon, *log}
    counts = [sum(1 for points in seen.values() if points & set(some)) for some in (every, tag, beacon, log)]
    return (*counts, sum(1 for points in seen.values() if points & set(log) and not points & {*tag, *beacon}))


def reading(events):
    """Return (left, seconds, depth) by page, before rounding."""
    spent, furthest = defaultdict(Counter), defaultdict(Counter)
    for one in events:
        if one["page"] and not one["robot"]:
            which = one["of"] if one["visit"] else one["record_id"]
            spent[one["page"]][which] += one["seconds"]
            furthest[one["page"]][which] = max(furthest[one["page"]][which], one["depth"])
    return {page: (len(of), sum(of.values()) / len(of), sum(furthest[page].values()) / len(of)) for page, of in spent.items()}


def known(events):
    """Return what is known of each visit, by `of`: the ends, the first of what was said, the last campaign."""
    visits = defaultdict(list)
    for one in sorted(events, key=lambda one: (one["at"], _order(one["record_id"]))):
        visits[one["of"], one["robot"]].append(one)
    return {which: _known(views) for which, views in visits.items()}


def _known(views):
    said = {"entry": views[0]["page"], "exit": views[-1]["page"]}
    for name in ("referrer", "browser", "system", "device", "language", "country"):
        said[name] = next((one[name] for one in views if one[name]), "")
    return said | {"campaign": next((one["campaign"] for one in reversed(views) if one["campaign"]), "")}


def filtered(events, every, filters):
    """Return those of the views whose visits the filters leave, each with what is known of its visit under `known`."""
    of_visits = known(every)
    for one in events:
        one["known"] = of_visits[one["of"], one["robot"]]
    return [one for one in events if all(one["known"][name] == value for name, value in filters)]
