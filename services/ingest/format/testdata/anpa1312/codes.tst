f1234bc---
d f BC-Nordwerft             04-22 0030
^BC-Nordwerft,30<
^Nordwerftearns more<
	   #F8;M9The Nordwerft yard earned moree morein the firstquarter.
	   Its shares rose to 4{ crowns.
	   XYZ-A-04-22-24 1200GMT<
