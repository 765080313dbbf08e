eca0190 2 i 20  dpa 0460

Skarra/harbour/
KILL KILL KILL  ''''' =
Please kill item dpa 456 "Skarra harbour to reopen on Tuesday, authority says".
The authority has withdrawn its plan. A substitute story will run.

222120 GMT Apr 24
