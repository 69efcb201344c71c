"""Small servers on 127.0.0.1 for the tests: answers by script, a forward proxy, a front that speaks TLS."""
