"""Invents a force's year of cases: pure, seeded, and without a clock.

What is believable here comes from `figures`, where every number names its source or says that it is assumed.
"""
