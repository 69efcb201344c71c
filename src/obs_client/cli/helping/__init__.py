"""The pages of the documentation, as `obs help` shows them: those that ship, and two made from the program itself."""
