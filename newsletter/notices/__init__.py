"""Who is told: the sites, of what became of their readers; the operator, of what needs a person."""
