"""A stranger's table becomes rows whose cells are classes, groups, scores and weights."""
