"""The simulated bench: instruments that speak their own bytes, around one World."""
