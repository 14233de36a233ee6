"""A Sphinx extension that writes formulas as MathML while the site is built, so that no script from the network is needed."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.util import logging

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.writers.html5 import HTML5Translator

log = logging.getLogger(__name__)


def to_mathml(latex: str, display: str) -> str:
    """Convert LaTeX to one ``<math>`` element.

    Args:
        latex: The formula without dollar signs.
        display: ``"inline"`` or ``"block"``.

    Raises:
        ValueError: The formula cannot be converted, or part of it would stay LaTeX.
    """
    from latex2mathml.converter import convert

    known = re.sub(r"\{(aligned|split|gathered)\}", "{align*}", latex)  # the converter knows one name for the three
    try:
        markup = convert(known, display=display)
    except Exception as error:
        raise ValueError(f"{type(error).__name__} in the formula {latex!r}") from error
    if rest := re.search(r"\\[A-Za-z]+", markup):
        raise ValueError(f"{rest[0]} is not known, in the formula {latex!r}")
    return markup


def _write(writer: HTML5Translator, node: nodes.Element, display: str) -> None:
    latex = node.astext()
    try:
        markup = to_mathml(latex, display)
    except ValueError as error:
        log.warning("%s", error, location=node)
        markup = f"<code>{escape(latex)}</code>"
    if display == "block":
        number = f'<span class="eqno">({node["number"]})</span>' if node.get("number") else ""
        writer.body.append(f'<div class="math-block" tabindex="0">{number}{markup}</div>')
    else:
        writer.body.append(markup)
    raise nodes.SkipNode


def _inline(writer: HTML5Translator, node: nodes.math) -> None:
    _write(writer, node, "inline")


def _block(writer: HTML5Translator, node: nodes.math_block) -> None:
    _write(writer, node, "block")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the renderer under the name ``mathml``."""
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
