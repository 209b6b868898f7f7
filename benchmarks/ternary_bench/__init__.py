"""The parts of benchmarks/run.py; see benchmarks/README.md."""
