"""How a transformer is run: interchangeable, all behind the same protocols."""
