"""What is told beside the results: progress without a bar, and examples."""
