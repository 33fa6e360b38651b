"""What a person may ask for, done by the declarations of `privacy.sources`."""
