"""What every store over HTTP needs once, above the transport and below the stores: one small module an errand.

The door `obs_client.backend` lists what is in it. What proves that an answer was cut, and what only makes no sense, is
said in `obs_client._http.errors`; the parsers of XML and JSON keep to it.
"""
