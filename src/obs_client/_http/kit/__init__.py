"""What every store over HTTP needs once, above the transport and below the stores: one small module an errand."""
