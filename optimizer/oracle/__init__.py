"""Price table in; best boxes, usage and worth out. Customers are met only here."""
