"""Ways to start against each other."""

import pytest
from readings import readings

from eelib.errors import InputError
from eelib.report.embedding_earth.baselines import baseline_conclusion, baseline_table, baselines
from eelib.report.embedding_earth.baselines_figure import baselines_figure

PROBED = {"raw": 70, "random": 30, "pretrained": 50, "simclr": 40, "supervised on france": 60}


def records():
    tuned = readings({"random": 45, "pretrained": 55}, suffix="fine-tuned")
    return [*readings(PROBED), *tuned, *readings({"forest": 65}, suffix="per pixel")]


def test_every_start_is_held_against_random_and_ours():
    rows = {(row.case.reading, row.start): row for row in baselines(records())}
    simclr = rows["linear probe", "simclr"]
    assert simclr.gain.low > 0
    assert simclr.lead.low > 0
    assert rows["linear probe", "random"].gain is None
    assert rows["linear probe", "pretrained"].lead is None
    assert rows["linear probe", "raw"].lead.high < 0
    assert "supervised" in rows["linear probe", "supervised on france"].title


def test_classifiers_of_pixels_are_held_against_fine_tuning():
    forest = next(row for row in baselines(records()) if row.start == "forest")
    tuned = next(row for row in baselines(records()) if (row.case.reading, row.start) == ("fine-tuned", "random"))
    assert forest.gain.value == pytest.approx(forest.score.value - tuned.score.value)
    alone = baselines(readings({"forest": 65}, suffix="per pixel"))[0]
    assert alone.gain is None
    assert alone.lead is None


def test_best_first_in_table_and_figure():
    rows = baselines(records())
    probed = [row.start for row in rows if row.case.reading == "linear probe"]
    assert probed == ["raw", "supervised on france", "pretrained", "simclr", "random"]
    table = baseline_table(rows, "linear probe")
    assert table.index("<td>raw pixels") < table.index("<td>SimCLR") < table.index("<td>random start")
    assert all(one["key"] in table for one in readings(PROBED))
    labels = [[label.get_text() for label in axis.get_yticklabels()][::-1] for axis in baselines_figure(rows).axes]
    assert labels[1] == [row.title for row in rows if row.case.reading == "linear probe"]


def test_the_conclusion_counts():
    fine, probe, pixel = baseline_conclusion(baselines(records())).splitlines()
    assert "better in 2 of 4 comparisons, worse in 2" in probe
    assert "Highest mIoU: raw pixels, linear in Germany" in probe
    assert "better in 1 of 1" in fine
    assert "worse in 1" in pixel
    with pytest.raises(InputError, match="run the arms first"):
        baselines([])
