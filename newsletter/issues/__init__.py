"""What is said today: the pick, its reasons and its history."""
