"""Campaigns, conversions and clicks in a real store: what belongs to which campaign, and what an erasure leaves."""

from datetime import date
from decimal import Decimal

from store_records import MORNING, browser, visitor

from avow.analytics.campaigns import WINDOW_DAYS, Campaign, Conversions, Value, campaigns
from avow.analytics.outbound import CountedLink, followed
from avow.analytics.question import Scope

HOUR, DAY = 3_600_000, 86_400_000
SCOPE = Scope("marrowby", MORNING - 5 * DAY, MORNING + 90 * DAY, ("page-view",))
ASKED = Conversions(("enquiry",), ("shop-purchase",))


def came(writer, campaign, at_ms=MORNING, visit=7, **changes):
    return writer.event(at_ms=at_ms, visit=visit, fields={"page": "/", "campaign": campaign}, **changes)


def converted(writer, at_ms, visit=7, point="enquiry", fields=None, **changes):
    return writer.event(at_ms=at_ms, visit=visit, point=point, fields=fields or {"page": "/thanks"}, **changes)


def counted(store, scope=SCOPE):
    return {one.name: (one.visits, one.conversions) for one in campaigns(store.events, scope, ASKED)}


def test_a_conversion_belongs_to_the_last_campaign_of_its_visit(store, writer):
    """Not to the first, not to one that came later, and not to another visit's."""
    store.write(
        [
            came(writer, "a / - / first"),
            came(writer, "b / - / last", MORNING + HOUR),
            converted(writer, MORNING + 2 * HOUR),
            came(writer, "c / - / later", MORNING + 3 * HOUR),
            came(writer, "d / - / others", visit=8),
            converted(writer, MORNING + HOUR, visit=9),
        ]
    )
    assert counted(store) == {"b / - / last": (0, 1), "c / - / later": (1, 0), "d / - / others": (1, 0), "": (0, 1)}


def test_a_recognised_visitor_brings_the_campaign_along(store, writer):
    """On another day, within the window; who is not recognised is a stranger then, and so is who comes too late."""
    late = MORNING + (WINDOW_DAYS + 1) * DAY
    store.write(
        [
            came(writer, "a / - / letter", visitor=visitor(1)),
            converted(writer, MORNING + 9 * DAY, visit=70, visitor=visitor(1)),
            converted(writer, late, visit=71, visitor=visitor(1)),
            converted(writer, MORNING + 9 * DAY, visit=72),
        ]
    )
    assert counted(store) == {"a / - / letter": (1, 1), "": (0, 2)}


def test_a_campaign_of_before_the_period_counts_for_a_conversion_in_it(store, writer):
    """The window reaches back beyond the first day that is shown."""
    store.write([came(writer, "a / - / letter", visitor=visitor(1)), converted(writer, MORNING + DAY, 8, visitor=visitor(1))])
    later = Scope("marrowby", MORNING + HOUR, MORNING + 2 * DAY, ("page-view",))
    assert counted(store, later) == {"a / - / letter": (0, 1)}


def test_the_same_conversion_in_one_visit_counts_once(store, writer):
    """A page of thanks that is loaded again; another company's reports count each, whatever they say; robots never."""
    paid = {"purchase-value": "248.00", "currency": "usd"}
    store.write(
        [
            *(converted(writer, MORNING + second, fields={"page": "/thanks", **paid}) for second in (1, 2)),
            *(converted(writer, MORNING + second, point="shop-purchase", fields=paid) for second in (3, 4)),
            converted(writer, MORNING + 5, robot=True),
        ]
    )
    assert campaigns(store.events, SCOPE, ASKED) == (Campaign("", 0, 0, 3, (Value("USD", Decimal("744.00")),)),)


def test_a_rate_is_converted_visits_by_visits(store, writer):
    """Six conversions of one visit, one of a visitor who came back, one of somebody of before, none of a third visit."""
    store.write(
        [
            came(writer, "a", visit=7),
            *(converted(writer, MORNING + n, fields={"page": f"/{n}"}) for n in range(1, 7)),
            came(writer, "a", visit=8, visitor=visitor(1)),
            converted(writer, MORNING + DAY, visit=70, visitor=visitor(1), fields={"page": "/", "currency": "EUR"}),
            came(writer, "a", visit=9),
            came(writer, "a", MORNING - 9 * DAY, visit=10, visitor=visitor(2)),
            converted(writer, MORNING + DAY, visit=71, visitor=visitor(2)),
            came(writer, "", visit=11),
            *(converted(writer, MORNING + n, visit=11, fields={"page": f"/{n}"}) for n in (1, 2)),
        ]
    )
    named, rest = campaigns(store.events, SCOPE, ASKED)
    assert (named.visits, named.converted, named.conversions, round(named.rate, 2)) == (3, 2, 8, 0.67)
    assert (rest.visits, rest.converted, rest.conversions, rest.rate) == (1, 1, 2, 1)


def test_several_reports_of_a_click_are_one_reported_click(store, writer):
    """Four reports of one of two clicks: half of the clicks are reported."""
    store.write(
        [
            *(converted(writer, MORNING + n, point="shop-click", fields={"page": "/"}) for n in range(2)),
            *(converted(writer, MORNING, point="shop-purchase", fields={"purchase-value": "1"}) for _ in range(4)),
        ]
    )
    (shop,) = followed(store.events, SCOPE, [CountedLink("Shop", "shop-click", "shop-purchase")])
    assert (shop.clicks, shop.reported, shop.reports, shop.rate) == (2, 1, 4, 0.5)


def test_a_link_has_its_clicks_and_reports(store, writer):
    """Each in its currency; a link that nobody reports about has clicks alone."""
    store.write(
        [
            *(converted(writer, MORNING + n, point="shop-click", fields={"page": "/"}) for n in range(3)),
            converted(writer, MORNING, point="shop-purchase", fields={"purchase-value": "10.50", "currency": "EUR"}),
            converted(writer, MORNING, point="shop-purchase", fields={"purchase-value": "1", "currency": "USD"}),
        ]
    )
    shop, other = followed(store.events, SCOPE, [CountedLink("Shop", "shop-click", "shop-purchase"), CountedLink("B", "b", "")])
    assert (shop.clicks, shop.reports) == (3, 2)
    assert shop.values == (Value("EUR", Decimal("10.50")), Value("USD", Decimal(1)))
    assert (other.clicks, other.reports, other.values, other.rate) == (0, 0, (), 0)


def click(writer, number="", **changes):
    made = writer.event(number, visit=7, point="shop-click", fields={"page": "/"}, **changes)
    sealed = {"click-id": made.record_id} | ({"visitor-id": number} if number else {})
    return writer.event(number, record_id=made.record_id, visit=7, point="shop-click", fields={"page": "/"}, sealed=sealed)


def test_a_click_is_found_by_its_number_until_its_person_is_erased(store, writer):
    """Somebody recognised and somebody who is not; at once after the keys are gone, and after the rows are."""
    known, stranger = click(writer, visitor(1)), click(writer)
    store.write([known, stranger])
    assert store.click("marrowby", known.record_id).event.fields["visitor-id"] == visitor(1)
    assert store.click("marrowby", stranger.record_id).visit == 7
    assert store.click("elsewhere", stranger.record_id) is None
    store.erase([browser(1)], MORNING + 1)
    assert store.click("marrowby", known.record_id) is None
    store.purge()
    assert store.remaining([browser(1)]).total == 0
    assert store.click("marrowby", stranger.record_id) is not None


def test_a_click_goes_on_its_day(store, writer):
    """The sweep takes row and key; its number finds nothing any more."""
    due = writer.event(visit=7, point="shop-click", delete_on="2026-09-21", sealed={"click-id": "x"}, fields={"page": "/"})
    store.write([due])
    store.erase_due(date(2026, 9, 21))
    assert store.click("marrowby", due.record_id) is None


def test_a_report_of_an_erased_click_stays_out(store, writer):
    """Dated at its click, it was collected before the erasure, however late it comes."""
    store.write([click(writer, visitor(1))])
    store.erase([browser(1)], MORNING + 1)
    late = writer.event(visitor(1), point="shop-purchase", fields={"currency": "USD"}, sealed={})
    assert store.write([late]).erased == 1
    assert store.find([browser(1)]).events == ()
