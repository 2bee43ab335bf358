"""Figures of merit: pure functions of arrays, one file a theme.

Every function takes plain arrays in SI units and gives back values with 95 % intervals; data too
poor for an answer give NaN and a note that says why, never an exception. SciPy is imported inside
the functions: the window lists every procedure before it needs a single fit.
"""
