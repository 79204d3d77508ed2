"""What a notebook shows, and its conversation with the page."""
