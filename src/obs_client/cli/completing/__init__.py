"""What a shell completes: commands and options by click, and here the places in stores."""
