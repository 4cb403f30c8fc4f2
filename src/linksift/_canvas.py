"""The look that all pictures share, and PNG bytes that depend on the drawing alone."""

from io import BytesIO
from typing import Any, Final

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

#: matplotlib's settings, for `matplotlib.rc_context`.
STYLE: Final[dict[str, Any]] = {
    "font.family": "DejaVu Sans",
    "font.size": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": "#E5E5E5",
    "legend.frameon": False,
    "figure.facecolor": "white",
    # Names of features and slices are data: a dollar sign in one is no mathematics.
    "text.parse_math": False,
}
_DPI: Final = 120
#: Inches at the top that title and subtitle take.
_HEAD: Final = 0.72


def one_panel(width: float, height: float, title: str, subtitle: str) -> tuple[Figure, Any]:
    """Return a figure of that many inches and its only axes."""
    figure = new_figure(width, height, title, subtitle)
    return figure, figure.subplots()


def new_figure(width: float, height: float, title: str, subtitle: str) -> Figure:
    """Return an empty figure of that many inches, with title and subtitle above what will be drawn."""
    layout = ConstrainedLayoutEngine(rect=(0.01, 0.01, 0.98, 0.99 - _HEAD / height))
    figure = Figure(figsize=(width, height), dpi=_DPI, layout=layout)
    FigureCanvasAgg(figure)
    figure.text(0.02, 1 - 0.12 / height, title, fontsize=14, fontweight="bold", va="top")
    figure.text(0.02, 1 - 0.45 / height, subtitle, fontsize=10, color="#555555", va="top")
    return figure


def png(figure: Figure) -> bytes:
    """Return the figure as PNG; without the metadata entry, matplotlib writes its version into the file."""
    out = BytesIO()
    figure.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()
