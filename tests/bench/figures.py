"""What a benchmark says: figures with the bound or peer that they are held against, as a table and as JSON."""

import json
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Figure:
    """One measured value; `bound` is what it is compared with, `aim` what the ratio, or the value, may be at most."""

    what: str
    value: float
    unit: str
    against: str = ""
    bound: float | None = None
    aim: float | None = None

    @property
    def ratio(self) -> float | None:
        """The value as a multiple of its bound."""
        return self.value / self.bound if self.bound else None

    @property
    def is_met(self) -> bool | None:
        """Whether the aim is reached; None where there is none."""
        if self.aim is None:
            return None
        return (self.value if self.ratio is None else self.ratio) <= self.aim


Results = dict[str, Sequence[Figure]]


def print_table(results: Results, console: Console) -> None:
    """Print all figures, a heading for each benchmark."""
    table = Table("figure", "measured", "against", "ratio", "aim", "")
    for name, figures in results.items():
        table.add_section()
        table.add_row(f"[bold]{name}[/bold]")
        for figure in figures:
            table.add_row(*_cells(figure))
    console.print(table)


def _cells(figure: Figure) -> tuple[str, ...]:
    ratio = "" if figure.ratio is None else f"{figure.ratio:.2f} x"
    bound = "" if figure.bound is None else f" ({figure.bound:.4g} {figure.unit})"
    aim = "" if figure.aim is None else f"≤ {figure.aim:g}" + (" x" if figure.ratio is not None else "")
    met = {None: "", True: "met", False: "MISSED"}[figure.is_met]
    return figure.what, f"{figure.value:.4g} {figure.unit}", f"{figure.against}{bound}", ratio, aim, met


def write_json(results: Results, path: Path) -> None:
    """Write all figures with what is needed to read them: machine and versions."""
    machine = {"python": platform.python_version(), "system": platform.platform(), "processor": platform.machine()}
    figures = {
        name: [{**asdict(figure), "ratio": figure.ratio, "met": figure.is_met} for figure in listed]
        for name, listed in results.items()
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"machine": machine, "benchmarks": figures}, indent=2) + "\n")
