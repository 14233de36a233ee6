"""The sentence about many changes: verbs agree with numbers, and only what stands is named."""

from eelib.evaluate.statistics import Estimate
from eelib.report.changes import Change, changes_conclusion


def change(name, value, decided, reach=1.0):
    value, reach = value / 100, reach / 100
    return Change(name, "Germany", Estimate(value, value - reach, value + reach, seeds=3, places=10), decided)


def test_only_changes_that_stand_are_named_the_largest_first():
    changes = [
        change("small", 2, True),
        change("large", 5, True),
        change("bad", -3, True),
        change("alone", 2, False),
        change("none", 0, False),
    ]
    assert changes_conclusion(changes, "changes").splitlines() == [
        "Of 5 changes, 4 have an interval that excludes 0 when looked at alone; after Holm's correction 2 help and 1 hurts, "
        "the others are undecided at this budget.",
        "",
        "* **large** helps: +5.0 [+4.0, +6.0] points (Germany).",
        "* **small** helps: +2.0 [+1.0, +3.0] points (Germany).",
        "* **bad** hurts: −3.0 [−4.0, −2.0] points (Germany).",
    ]
    assert "1 has an interval" in changes_conclusion([change("one", 2, True)], "changes")
