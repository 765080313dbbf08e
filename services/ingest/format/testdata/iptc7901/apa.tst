APA0123 5 WI 0060                                   Sa, 20.Apr 2024
Schifffahrt/Skarra
Fähre nach Skarra fährt wieder
=

Utl.: Rund 200 Menschen am Kai =

   Skarra (APA) - Die Fähre nach Skarra fährt wieder.

   Rund 200 Menschen warteten am Kai.
(Schluss) ib/lk

APA0123    2024-04-20/10:31

201031 Apr 24
