RIT0300 2 IND 20
Færge-Skarra
UDGÅR =

Telegrammet RIT0290 om færgen til Skarra udgår. Tallet er forkert.

/ritzau/
201240 APR 24
