"""The register: one YAML file, its rows in the database, and the check that they agree with the code."""
