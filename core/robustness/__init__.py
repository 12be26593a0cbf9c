"""How little it takes to break a model, for whom, and whether the attack was honest."""
