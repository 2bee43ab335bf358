"""Memristor measurements: one file, one PyMeasure procedure."""
