"""One file a claim; ``python -m benchmarks`` runs all and writes ``benchmarks/RESULTS.md``."""
