"""Instrument drivers: one file per family, each playing a role of ``benchctl.roles``."""
