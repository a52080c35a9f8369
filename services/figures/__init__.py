"""Figures that a supervisor or commissioner asks for: what one case contributes, and what they add up to. Pure."""
