"""How the database came to be, step by step; packaged, so that an installed `yuetan db upgrade` works."""
