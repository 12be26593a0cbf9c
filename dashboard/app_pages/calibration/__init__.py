"""How often right? The claims that verdicts make, and what was measured of each."""
