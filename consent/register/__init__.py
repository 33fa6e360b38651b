"""The register: one YAML file, its rows, and the check that they agree with the code."""
