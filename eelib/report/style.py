"""The one style of all figures: fixed sizes, fonts that every machine has, and one colour per arm."""

from __future__ import annotations

WIDTH = 7.2  # inches, the text width of the report
DPI = 200  # twice the pixels of a screen, so that figures stay sharp

# Okabe and Ito (2008), told apart with every common form of colour blindness; an arm keeps its colour in every figure.
GREY, BLUE, ORANGE, GREEN = "#7f7f7f", "#0072b2", "#e69f00", "#009e73"
SKY, VERMILION, PURPLE, BROWN = "#56b4e9", "#d55e00", "#cc79a7", "#8c6d46"
PALETTE = (BLUE, ORANGE, GREEN, VERMILION, PURPLE, SKY, BROWN, GREY)
COLORS = {"random": GREY, "pretrained": BLUE, "pixels": BROWN}


def color_of(arm: str, position: int = 0) -> str:
    """The colour of an arm; arms without a fixed colour take the palette's in order of ``position``."""
    return COLORS.get(arm, PALETTE[1 + position % (len(PALETTE) - 2)])


def use_style() -> None:
    """Set matplotlib and seaborn to the study's style; call it once, before the first figure."""
    import seaborn as sns

    settings = {
        "figure.figsize": (WIDTH, 3.6),
        "figure.dpi": DPI,
        "savefig.dpi": DPI,
        "savefig.bbox": "tight",
        "figure.constrained_layout.use": True,
        "font.family": "DejaVu Sans",  # comes with matplotlib
        "mathtext.fontset": "dejavusans",
        "svg.hashsalt": "eelib",  # the same figure is the same file
        "axes.titleweight": "bold",
        "axes.titlelocation": "left",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "legend.frameon": False,
        "image.interpolation": "nearest",  # pixels of a map are measurements
    }
    sns.set_theme(context="paper", style="whitegrid", palette=list(PALETTE), font="DejaVu Sans", rc=settings)
