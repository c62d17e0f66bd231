"""Tests of the website's channel and of the pages anyone may open."""

QUESTION = "hvordan får vi tilladelse til udeservering på fortovet"  # the model is sure of its answer
