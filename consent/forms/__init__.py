"""Form fields and forms of staff screens."""
