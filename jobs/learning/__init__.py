"""From events to scores, reasons and lists, and how good they are."""
