"""What comes back: bounces, complaints and answers, understood as what they are, and acted on fairly."""
