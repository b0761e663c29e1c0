"""Who asked: readers, their consent, their way out."""
