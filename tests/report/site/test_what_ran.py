"""What a notebook ran: settings that the profile stood for, and the time that its records took."""

from eelib.report.site.notebook_page import provenance
from eelib.report.site.what_ran import what_ran


def record(key, seed=0, needs=(), **params):
    names = {"experiment": "e", "key": key, "seed": seed, "params": params, "needs": {str(at): one for at, one in enumerate(needs)}}
    return names | {"metrics": {}, "provenance": {"seconds": 600.0}}


def test_settings_are_those_of_the_records():
    made = [
        record("a", 0, ("p",), region="germany", fraction=0.1, encoder={"name": "unet2d_clstm"}),
        record("b", 1, ("p",), region="romania", fraction=1.0, encoder={"name": "unet3df"}),
        record("p", regions=["germany"], encoder={"name": "unet3df"}),
        record("x", region="ghana", fraction=0.5),
    ]
    ran = what_ran({"arms": ["e/a", "e/b"]}, {f"e/{one['key']}": one for one in made})
    assert ran == {
        "Data": "Germany (simulated), Romania (Sentinel-2, series)",
        "Networks": "UNet2D-CLSTM, UNet3Df",
        "Label shares": "10 %, 100 %",
        "Seeds": "0, 1",
        "Computed": "3 records, 30 min of one process in all",
    }
    assert what_ran({"arms": []}, {}) == {}


def test_the_box_shows_what_was_given_and_not_what_was_left_open():
    identity = {"parameters": {"profile": "full", "seeds": None, "regions": ["ghana"]}, "provenance": {"seconds": 14.2}}
    box = provenance("ee1_regions", identity, {"Seeds": "0, 1"})
    assert "null" not in box and "Duration" not in box
    assert "<dt>Rendered in</dt><dd>14 s</dd>" in box and "<dt>Seeds</dt><dd>0, 1</dd>" in box
    assert "<dd>regions = ghana; all others are those of profile full</dd>" in box
