eca0191 2 i 20  dpa 0461

Skarra/harbour/
KILL KILL KILL ''''' =
Please kill the story about the harbour. It is wrong.

222121 GMT Apr 24
