rit0044 5 kul 16
K›benhavn/teater
Nyt teater i K›benhavn =

K›benhavn (ritzau) - Et nyt teater †bner p† mandag i stergade.
220700 Apr 24