"""The knowledge base: articles, the dialogue's fixed sentences and starter packages."""
