bdt0303 4 vm 20  dpa 2003
Gro~brand/
Feuer zerst|rt B}ros in K|ln =

K|ln (dpa) - Ein Feuer hat in der Nacht mehrere B}ros zerst|rt. Der
Schaden betr{gt {hnlich viel wie 2019.

220630 Apr 24
