"""Modules that the first frame does not need, imported by name after it is shown."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import cast

from console.client.transport import Transport
from console.flows.records.table import KINDS
from console.screens.base_screen import BaseScreen


def screen(module: str, class_name: str) -> type[BaseScreen]:
    """A screen by its module: loading all first would double the time to the first frame."""
    return cast("type[BaseScreen]", getattr(importlib.import_module(module), class_name))


def records() -> Mapping[str, type[BaseScreen]]:
    """The screens of all kinds of records."""
    module = importlib.import_module("console.screens.records")
    reports = importlib.import_module("console.screens.stock_reports")
    packaging = importlib.import_module("console.screens.packaging")
    picking = importlib.import_module("console.screens.pick_reports")
    return {
        **{name: module.screen_of(kind) for name, kind in KINDS.items()},
        "valuation": reports.ValuationScreen,
        "shrinkage": reports.ShrinkageScreen,
        "packaging_book": packaging.PackagingBookScreen,
        "waves": picking.WavesScreen,
        "pick_figures": picking.PickFiguresScreen,
    }


def http(url: str) -> Transport:
    """The way to the shop: importing httpx takes longer than the first frame may."""
    module = importlib.import_module("console.client.http")
    return cast("Transport", module.HttpTransport(url))
