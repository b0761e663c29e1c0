"""What mail providers post of what became of our letters: one module each, and one error for what is refused.

Each has ``verify`` (did the provider post this, and lately?) and ``events`` (what it says, in our own words).
Both are pure: settings, time and, for Amazon's, the certificate are passed in.
"""
