"""What can be said: articles, cut into sections, cleaned and kept."""
