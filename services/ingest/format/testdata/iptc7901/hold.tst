eca0188 2 i 20  dpa 0458

Skarra/harbour/
HOLD HOLD HOLD ''''' =
Please hold item dpa 456 "Skarra harbour to reopen on Tuesday". There is
some doubt about the day.

222110 GMT Apr 24
