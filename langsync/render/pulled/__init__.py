"""What a pull writes, as text, JSON and Markdown."""
