"""Worker processes that take turns: ``pool`` is the server's side (no Rasa), ``process`` what runs inside."""
