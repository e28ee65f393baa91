"""What runs beside or inside of what is measured."""
