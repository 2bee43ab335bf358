"""Circuits around device models: neurons that fire, oscillators that run by themselves."""
