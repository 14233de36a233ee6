"""How the site looks: options of Sphinx, MyST-NB and the theme."""

from __future__ import annotations

from pathlib import Path
from typing import Any

STATIC = Path(__file__).parent / "static"
TITLE = "Contrastive pre-training for Earth observation"

_ACCENT_LIGHT = {"color-brand-primary": "#005a8f", "color-brand-content": "#005a8f", "color-brand-visited": "#005a8f"}
_ACCENT_DARK = {"color-brand-primary": "#6cc0f0", "color-brand-content": "#6cc0f0", "color-brand-visited": "#6cc0f0"}


def options() -> dict[str, Any]:
    """Sphinx configuration; nothing in it fetches from the network, neither while building nor while reading."""
    return {
        "project": TITLE,
        "author": "The eelib team",
        "copyright": "the eelib team, MIT licence",
        "language": "en",
        "extensions": ["myst_nb", "eelib.report.site.mathml"],
        "exclude_patterns": ["_static"],
        "suppress_warnings": ["myst.header"],  # notebooks may skip a heading level
        "html_theme": "furo",
        "html_theme_options": {"light_css_variables": _ACCENT_LIGHT, "dark_css_variables": _ACCENT_DARK},
        "html_title": TITLE,
        "html_static_path": [str(STATIC)],
        "html_css_files": ["eelib.css"],
        "html_js_files": [("records.js", {"defer": "defer"})],
        "html_math_renderer": "mathml",
        "html_copy_source": False,
        "html_show_sphinx": False,
        "html_show_search_summary": False,  # summaries are fetched, which browsers refuse for files
        "myst_enable_extensions": ["dollarmath", "deflist", "colon_fence", "attrs_inline"],
        "myst_heading_anchors": 3,
        "nb_execution_mode": "off",
        "nb_output_stderr": "remove",
        "nb_merge_streams": True,
        "nb_ipywidgets_js": {},
        "nb_code_prompt_show": "Code",
        "nb_code_prompt_hide": "Code",
    }
