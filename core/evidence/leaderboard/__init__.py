"""Methods ranked by their evidence over many inputs."""
