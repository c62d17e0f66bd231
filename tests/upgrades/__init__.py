"""Databases of released revisions, as the code of that revision made them: dumps of SQLite and PostgreSQL, and a backup."""
