"""Worker processes that take turns: ``pool`` and ``child`` are the server's side (no Rasa), ``process`` what runs inside."""
