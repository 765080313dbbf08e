eca0124 4 i 60  dpa 0456

Skarra/harbour/
EXTRA
Skarra harbour to reopen on Tuesday,
authority says =
By Ida Brandt, dpa

Skarra (dpa) - The harbour of Skarra will reopen on Tuesday after the
storm, the authority said on Monday.

dpa ib rk

222101 GMT Apr 24

