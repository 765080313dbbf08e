abc003 1 vm 9
F„hre/Skarra
EIL
F„hre vor Skarra in Seenot =
