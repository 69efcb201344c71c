"""What others met who copied, proved and deleted trees of names: sections G, H, I, L and M of the field's facts."""
