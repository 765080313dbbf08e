INR0042 4 EKO 80
Färjan-Skarra
Färjan till Skarra går igen =

Av Ida Brandt

SKARRA TT

   Färjan till Skarra går igen efter ett år.
   - Vi har väntat, säger hamnchefen.
   Omkring 200 personer stod på kajen.

TT
201031 APR 24
