"""How much one sender may do in a while, counted once for all workers."""
