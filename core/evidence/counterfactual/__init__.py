"""The smallest set of regions whose change changes the decision."""
