"""What the exports of shop platforms look like: their headers, under which names, and what each column is for."""
