"""Speed and memory, printed as ratios to plain means on the same files in the same run; nothing is asserted."""
