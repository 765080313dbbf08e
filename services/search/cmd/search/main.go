// Command search answers searches over HTTP; see `search --help`.
package main

import (
	_ "time/tzdata" // small images have no time zones

	"github.com/copytaster/copytaster/pkg/boot"
	"github.com/copytaster/copytaster/services/search"
)

func main() { boot.Main(search.Service) }
