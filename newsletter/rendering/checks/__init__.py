"""What preflight looks at, a module a subject; newsletter/rendering/preflight.py is their table. Pure."""
