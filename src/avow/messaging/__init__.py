"""What people write to the company, and what it writes to them."""
