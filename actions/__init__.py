"""Rasa actions: thin, they ask ``bot.decision`` and ``bot.contact_form`` what to do and say it. They run inside the worker, in
``hotline rasa shell`` and unchanged as a server of their own (``hotline rasa run actions``)."""
