"""Spanish, Bengali, Arabic and Hindi: what headings, warnings and private subjects are called in them."""
