"""The operator's console: pages for those who preview, approve and send."""
