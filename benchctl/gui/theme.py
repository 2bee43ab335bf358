"""Colours and spacing, light and dark; nothing else in the window names a colour."""

from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication


@dataclass(frozen=True, slots=True)
class Theme:
    """One set of colours; text on its background has a contrast of 4.5 or more."""

    dark: bool
    window: str
    surface: str
    text: str
    muted: str
    line: str
    grid: str
    accent: str
    good: str
    warning: str
    danger: str
    curves: tuple[str, ...]
    """Okabe and Ito's colours, told apart by colour-blind readers too, fitted to the background"""
    oldest: str
    newest: str
    """ends of the ramp that tells older curves from newer ones by lightness"""


LIGHT: Final = Theme(
    dark=False, window="#f3f5f8", surface="#ffffff", text="#1b2430", muted="#566273",
    line="#d3d9e2", grid="#e9edf2", accent="#0b5cad", good="#1a7a48",
    warning="#8f5500", danger="#b3261e",
    curves=("#0072b2", "#d55e00", "#008a64", "#b8558c", "#9a6b00", "#4a4fa3"),
    oldest="#74aad6", newest="#062f57",
)  # fmt: skip
DARK: Final = Theme(
    dark=True, window="#1a1d23", surface="#22262e", text="#e7eaf0", muted="#a3adbb",
    line="#3b4350", grid="#303641", accent="#6cb2ff", good="#58c991",
    warning="#f0b64a", danger="#ff8a80",
    curves=("#56b4e9", "#e69f00", "#2cc598", "#e090bd", "#f0e442", "#a9aef5"),
    oldest="#3f6f9c", newest="#c9e7ff",
)  # fmt: skip


def system_theme(app: QApplication) -> Theme:
    """Return the theme the desktop asks for."""
    return DARK if app.styleHints().colorScheme() == Qt.ColorScheme.Dark else LIGHT


def apply(app: QApplication, theme: Theme) -> None:
    """Dress the whole application."""
    app.setStyle("Fusion")
    app.setPalette(_palette(theme))
    app.setStyleSheet(_sheet(theme))


def between(theme: Theme, share: float) -> QColor:
    """Return the colour at `share` (0 oldest, 1 newest) of the theme's ramp."""
    a, b = QColor(theme.oldest), QColor(theme.newest)
    mix = [
        round(x + (y - x) * share)
        for x, y in ((a.red(), b.red()), (a.green(), b.green()), (a.blue(), b.blue()))
    ]
    return QColor(*mix)


def _palette(theme: Theme) -> QPalette:
    role = QPalette.ColorRole
    palette = QPalette()
    for name, colour in {
        role.Window: theme.window,
        role.WindowText: theme.text,
        role.Base: theme.surface,
        role.AlternateBase: theme.window,
        role.Text: theme.text,
        role.Button: theme.surface,
        role.ButtonText: theme.text,
        role.BrightText: theme.danger,
        role.ToolTipBase: theme.surface,
        role.ToolTipText: theme.text,
        role.PlaceholderText: theme.muted,
        role.Highlight: theme.accent,
        role.HighlightedText: theme.surface,
        role.Link: theme.accent,
        role.Mid: theme.line,
        role.Midlight: theme.line,
        role.Dark: theme.line,
        role.Light: theme.surface,
    }.items():
        palette.setColor(name, QColor(colour))
    group = QPalette.ColorGroup.Disabled
    for name in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(group, name, QColor(theme.muted))
    return palette


def _sheet(theme: Theme) -> str:
    return f"""
    QToolTip {{ color: {theme.text}; background: {theme.surface}; border: 1px solid {theme.line}; }}
    QLabel[role="muted"] {{ color: {theme.muted}; }}
    QLabel[role="title"] {{ font-weight: 600; }}
    QLabel[role="error"] {{ color: {theme.danger}; }}
    QLabel[role="warning"] {{ color: {theme.warning}; }}
    QLabel[role="badge"] {{
        font-weight: 700; padding: 3px 10px; border-radius: 4px; color: {theme.surface};
        background: {theme.muted};
    }}
    QLabel[role="badge"][kind="simulated"] {{ background: {theme.accent}; }}
    QLabel[role="badge"][kind="real"], QLabel[role="badge"][kind="failed"] {{
        background: {theme.danger};
    }}
    QLabel[role="badge"][kind="running"] {{ background: {theme.accent}; }}
    QLabel[role="badge"][kind="stopping"], QLabel[role="badge"][kind="stopped"] {{
        background: {theme.warning};
    }}
    QLabel[role="badge"][kind="finished"] {{ background: {theme.good}; }}
    QFrame[role="card"] {{
        background: {theme.surface}; border: 1px solid {theme.line}; border-radius: 6px;
    }}
    QLineEdit, QComboBox {{ min-height: 24px; padding: 1px 6px; }}
    QLineEdit {{
        border: 1px solid {theme.line}; border-radius: 4px; background: {theme.surface};
    }}
    QLineEdit:focus {{ border-color: {theme.accent}; }}
    QLineEdit[wrong="true"] {{ border: 1px solid {theme.danger}; }}
    QLineEdit:disabled {{ color: {theme.muted}; background: {theme.window}; }}
    QPushButton {{
        min-height: 26px; padding: 2px 14px; border: 1px solid {theme.line};
        border-radius: 4px; background: {theme.surface};
    }}
    QPushButton:hover {{ border-color: {theme.accent}; }}
    QPushButton:focus {{ border-color: {theme.accent}; }}
    QPushButton:disabled {{ color: {theme.muted}; background: {theme.window}; }}
    QPushButton[role="wanted"] {{
        color: {theme.warning}; border-color: {theme.warning}; font-weight: 600;
    }}
    QPushButton[role="start"], QPushButton[role="stop"] {{
        min-height: 34px; font-weight: 700; color: {theme.surface}; border: none;
    }}
    QPushButton[role="start"] {{ background: {theme.good}; }}
    QPushButton[role="stop"] {{ background: {theme.danger}; }}
    QPushButton[role="start"]:disabled, QPushButton[role="stop"]:disabled {{
        color: {theme.muted}; background: {theme.window}; border: 1px solid {theme.line};
    }}
    QPushButton[role="start"]:focus, QPushButton[role="stop"]:focus {{
        border: 2px solid {theme.text};
    }}
    QProgressBar {{
        border: 1px solid {theme.line}; border-radius: 4px; background: {theme.surface};
        max-height: 10px; min-height: 10px;
    }}
    QProgressBar::chunk {{ background: {theme.accent}; border-radius: 3px; }}
    QTabWidget::pane {{
        border: 1px solid {theme.line}; border-radius: 6px; background: {theme.surface};
    }}
    QTabBar::tab {{
        padding: 6px 16px; color: {theme.muted}; border-bottom: 2px solid transparent;
    }}
    QTabBar::tab:selected {{
        color: {theme.text}; font-weight: 600; border-bottom: 2px solid {theme.accent};
    }}
    QTableView, QPlainTextEdit, QScrollArea {{ border: none; background: {theme.surface}; }}
    QHeaderView::section {{
        background: {theme.surface}; color: {theme.muted}; border: none; padding: 4px 8px;
        border-bottom: 1px solid {theme.line};
    }}
    QWidget[role="sheet"] {{ background: {theme.surface}; }}
    QTableView::item {{ padding: 1px 8px; }}
    QSplitter::handle {{ background: transparent; }}
    """
