"""The bridge's tables, figure and conclusion, from records whose scores are chosen."""

import pytest
from readings import miou, readings

from eelib.errors import InputError
from eelib.report.bridge.comparison import CAVEAT, PAIRS, STARTS, bridge_conclusion, bridge_table, bridges, difference_table, readings_of
from eelib.report.bridge.figure import bridge_figure
from eelib.report.bridge.spent import spent_table
from eelib.report.summary.findings import CONCLUSIONS

STRONG = {"raw": 75, "random": 30, "pretrained": 45, "language": 60, "both": 70}


def of(network, right, **options):
    found = readings(right, experiment="bridge1_language_init", **options)
    return [
        {**record, "key": f"{record['key'][:12]}{network[:4]}", "params": {**record["params"], "encoder": {"name": network}}}
        for record in found
    ]


def records():
    usual = of("unet3df", {"raw": 75, "random": 40, "pretrained": 80})
    weak = of("resnet_series", {"raw": 75, "random": 50, "pretrained": 55, "language": 40, "both": 40}, region="ghana")
    return [
        *usual,
        *of("vit_series", STRONG),
        *weak,
        *of("vit_series", {k: v for k, v in STRONG.items() if k != "raw"}, suffix="fine-tuned"),
    ]


def rows_by_network():
    return {(row.case.network, row.case.reading): row for row in bridges(records())}


def test_starts_are_compared_with_the_right_sign():
    row = rows_by_network()["vit_series", "linear probe"]
    assert set(row.differences) == set(PAIRS)
    assert all(item.value.low > 0 and item.decided for item in row.differences.values())
    wanted = sum(miou(60 + seed) - miou(45 + seed) for seed in range(3)) / 3
    assert row.differences["language", "pretrained"].value.value == pytest.approx(wanted)
    assert row.gains["language"].value == pytest.approx(row.scores["language"].value - row.scores["random"].value)
    assert row.best == "both"
    assert not rows_by_network()["unet3df", "linear probe"].has_language


def test_worse_is_worse_and_equal_is_undecided():
    row = rows_by_network()["resnet_series", "linear probe"]
    assert row.differences["language", "pretrained"].value.high < 0
    assert row.differences["both", "language"].value.value == 0
    assert not row.differences["both", "language"].decided


def test_the_correction_counts_the_image_encoders_alone():
    """With the usual network among them p-values would be larger; it is there for scale."""
    alone = bridges([record for record in records() if record["params"]["encoder"]["name"] != "unet3df"])
    together = [row for row in bridges(records()) if row.has_language]
    assert [item.adjusted for row in alone for item in row.differences.values()] == [
        item.adjusted for row in together for item in row.differences.values()
    ]
    assert max(item.adjusted for row in alone for item in row.differences.values()) == 1


def test_the_conclusion_is_computed():
    lines = bridge_conclusion(bridges(records())).splitlines()
    assert [line for line in lines if line.startswith("* ")] == [
        "* **Fine-tuned**, 1 case of image encoder, region and label share:",
        "* **Linear probe**, 2 cases of image encoder, region and label share:",
    ]
    probe = lines[lines.index("* **Linear probe**, 2 cases of image encoder, region and label share:") :]
    text = next(line for line in probe if line.startswith("  * *language* against *dense contrast*"))
    assert "better in 1 and worse in 1 of 2 by its interval alone, better in 1 and worse in 1 after correction; from −" in text
    text = next(line for line in probe if line.startswith("  * *language, then dense* against *language*"))
    assert "better in 1 and worse in 0 of 2 by its interval alone, better in 1 and worse in 0 after correction" in text
    assert "  * the best start has a higher mIoU than a linear classifier on raw pixels in 0 of 2." in probe
    assert "  * the best start has a higher mIoU than the best of the usual network, UNet3Df, in 0 of 1." in probe
    assert lines[-1] == CAVEAT
    assert CONCLUSIONS["bridge1_language_init"](records()) == "\n".join(lines)


def test_tables_hold_every_start_with_links_and_mark_the_best():
    rows = bridges(records())
    table = bridge_table(rows, "linear probe")
    assert all(title in table for title in STARTS.values())
    assert all(record["key"] in table for record in records() if record["arm"].endswith("probed"))
    line = next(line for line in table.splitlines() if "<td>ViT</td>" in line)
    assert line.count("<strong>") == 1
    assert f"<strong>{rows_by_network()['vit_series', 'linear probe'].scores['both'].value:.3f}" in line
    differences = difference_table(rows, "linear probe")
    assert "UNet3Df" not in differences
    assert differences.count("<strong>") == sum(
        item.decided for row in rows if row.has_language and row.case.reading == "linear probe" for item in row.differences.values()
    )
    assert readings_of(rows) == ["fine-tuned", "linear probe"]


def test_the_figure_has_a_panel_per_reading_and_share_and_a_line_per_encoder_and_region():
    figure = bridge_figure(bridges([*records(), *of("vit_series", STRONG, fraction=1.0)]))
    assert [axis.get_title(loc="left") for axis in figure.axes] == [
        "fine-tuned, 10 % of the labels",
        "fine-tuned, 100 % of the labels",
        "linear probe, 10 % of the labels",
        "linear probe, 100 % of the labels",
    ]
    assert [label.get_text() for label in figure.axes[2].get_yticklabels()] == ["Ghana, simulated\nResNet", "Germany, simulated\nViT"]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["dense contrast", "language", "language, then dense"]


def test_without_language_there_is_nothing_to_compare():
    with pytest.raises(InputError, match="run the arms first"):
        bridges(of("unet3df", {"random": 40, "pretrained": 80}))
    mixed = [*of("vit_series", {"random": 40}, seeds=(0, 1)), *of("vit_series", {"language": 50})]
    with pytest.raises(InputError, match="different seeds"):
        bridges(mixed)


def training(recipe, arm, params, needs, metrics, seconds, seed):
    monitors = {"monitors": {"retrieval": 0.5, "count": 100}}
    provenance = {"seconds": seconds}
    key = f"{arm}{seed}{len(needs)}"
    return {"recipe": f"{recipe}@1", "arm": arm, "seed": seed, "key": key, "params": params, "needs": needs, "metrics": metrics | monitors,
            "provenance": provenance}  # fmt: skip


def test_what_was_spent_is_counted():
    dense = {"encoder": {"name": "vit_series"}, "recipe": {"batch_size": 4, "steps": 10, "views": {"num_dates": 8, "size": 24}}}
    pairs = {"image": {"name": "vit_tiny"}, "method": {"views": ["base", "moco"]}, "data": {"sizes": {"size": 32}}}
    found = spent_table(
        [
            *(training("pretrain", "pretrained", dense, {"input": "x"}, {}, 2.0 + seed, seed) for seed in range(3)),
            training("pretrain", "pretrained", dense, {"input": "x", "start": "y"}, {}, 1.0, 0),
            training("pair_train", "clip, half", pairs, {}, {"samples": 320, "steps": 10}, 4.0, 0),
        ]
    )
    assert list(found.index) == [
        ("ViT", "dense contrast"),
        ("ViT", "dense contrast from language, half"),
        ("ViT", "language, CLIP, half"),
    ]
    assert found.images.tolist() == [640, 640, 640]
    assert found.megapixels.tolist() == [0.37, 0.37, 0.66]
    assert found["median seconds"].tolist() == [3.0, 1.0, 4.0]
    assert found.chance.tolist() == [0.01] * 3
